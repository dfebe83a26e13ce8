#!/usr/bin/env node
// Format, lint, types and tests: `npm run check`.
import { nodeIsNewEnough } from './setup/node-version.js';

// Imported only now: an older Node could not even parse it.
if (nodeIsNewEnough()) void import('./commands/check.js');
