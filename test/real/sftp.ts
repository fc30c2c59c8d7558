/**
 * The contract kit of the CSV connector over a real OpenSSH server, which this starts itself: `npm run test:sftp`. Apart from
 * `npm test`, since the server has to be installed.
 */
import { after, before, test } from 'node:test';
import csv from '../../connectors/csv/index.ts';
import { connectorTests } from '../../src/kit/index.ts';
import { startFolder } from '../kit/csv-folder.ts';
import { type Sshd, startSshd } from './sshd.ts';

let server: Sshd;
before(async () => {
  server = await startSshd();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

connectorTests({
  test,
  definition: csv,
  startFake: () => startFolder(async (root) => server.show(root)),
  waive: { errors: 'a sound server breaks off nothing; that of test/kit/csv-server.test.ts does' },
});
