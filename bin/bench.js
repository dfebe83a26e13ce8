#!/usr/bin/env node
// Runs the benchmarks: `npm run bench`.
import { nodeIsNewEnough } from './setup/node-version.js';

// Imported only now: an older Node could not even parse it.
if (nodeIsNewEnough()) void import('./commands/bench.js');
