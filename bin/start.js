#!/usr/bin/env node
// Sets up what is missing and runs the gateway in this process: `npm start`.
import { nodeIsNewEnough } from './setup/node-version.js';

// Imported only now: an older Node could not even parse it.
if (nodeIsNewEnough()) void import('./commands/start.js');
