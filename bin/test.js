#!/usr/bin/env node
// Sets up what the tests need and runs them: `npm test`.
import { nodeIsNewEnough } from './setup/node-version.js';

// Imported only now: an older Node could not even parse it.
if (nodeIsNewEnough()) void import('./commands/test.js');
