/** Starts the server of a test run whose databases were kept, until Ctrl-C: `node test/support/serve.ts FOLDER`. */
import { once } from 'node:events';
import { pino } from 'pino';
import { startEmbedded } from '../../src/store/embedded.ts';

const [, , dataDir] = process.argv;
if (dataDir === undefined) throw new Error('usage: node test/support/serve.ts FOLDER');
const server = await startEmbedded({ dataDir, log: pino({ level: 'warn' }) });
console.log(server.url);
const alive = setInterval(() => undefined, 60_000);
await once(process, 'SIGINT');
clearInterval(alive);
await server.stop();
