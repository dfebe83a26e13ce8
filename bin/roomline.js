#!/usr/bin/env node
// Roomline's command line: `npx roomline help`.
import { nodeIsNewEnough } from './setup/node-version.js';

// Imported only now: an older Node could not even parse it.
if (nodeIsNewEnough()) void import('./commands/roomline.js');
