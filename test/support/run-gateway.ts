// Runs the gateway as a program of its own, from wherever the tests were compiled to.
import { main } from '../../gateway/main.js';

await main(process.argv.slice(2));
