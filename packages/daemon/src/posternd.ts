#!/usr/bin/env node
/** The program. */
import { main } from './cli.js';

// Not only the status: a verifier's pool or timer must not keep an ended daemon alive.
process.exit(await main(process.argv.slice(2)));
