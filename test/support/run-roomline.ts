// Runs the command line as a program of its own, from wherever the tests were compiled to.
import { main } from '../../gateway/cli/main.js';

await main();
