#!/usr/bin/env node
// Installs the Debian packages Roomline runs, with `--tests` those its tests run too; needs root.
import { nodeIsNewEnough } from './setup/node-version.js';

// Imported only now: an older Node could not even parse it.
if (nodeIsNewEnough()) void import('./commands/install-tools.js');
