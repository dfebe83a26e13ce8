#!/usr/bin/env node
// Builds the gateway, its tests and the softphone where they changed: `npm run build`.
import { nodeIsNewEnough } from './setup/node-version.js';

// Imported only now: an older Node could not even parse it.
if (nodeIsNewEnough()) void import('./commands/build.js');
