/** A worker in a process of its own, with nothing but what sends and proves: `node worker.ts CONFIG WHO [aside]`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openApp } from '../../src/app.ts';
import { startWorking } from '../../src/engine/work.ts';

const [configFile = '', who = '', aside] = process.argv.slice(2);
const app = await openApp({ configFile, env: {}, who, logLevel: 'warn' });
// The server takes a moment to see that a worker before this one is dead: until then it would look after nothing. `aside`: another
// one does, and this one only sends.
while (aside === undefined) {
  const lock = await app.bridge.db.lock('tend');
  if (lock !== null) {
    await lock.release();
    break;
  }
  await sleep(5);
}
const work = await startWorking(app.bridge);
process.once('SIGTERM', async () => {
  await work.stop(1000);
  await app.close();
});
