#!/usr/bin/env node
// Makes the recordings of the prompts from their texts: `npm run prompts`.
import { nodeIsNewEnough } from './setup/node-version.js';

// Imported only now: an older Node could not even parse it.
if (nodeIsNewEnough()) void import('./commands/prompts.js');
