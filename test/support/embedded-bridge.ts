/** A process that takes part in the embedded PostgreSQL of a folder, as a bridge does, until its standard input ends. */
import { pino } from 'pino';
import { startEmbedded } from '../../src/store/embedded.ts';

const [, , dataDir] = process.argv;
if (dataDir === undefined) throw new Error('usage: node embedded-bridge.ts FOLDER');
const server = await startEmbedded({ dataDir, log: pino({ level: 'silent' }), settings: { fsync: 'off' } });
console.log(JSON.stringify({ url: server.url, joined: server.joined }));
process.stdin.resume().on('end', () => {
  void server.stop();
});
