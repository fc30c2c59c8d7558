import { test } from 'vitest';
import csv from '../../connectors/csv/index.ts';
import { connectorTests } from '../../src/kit/index.ts';
import { startFolder } from './csv-folder.ts';

connectorTests({
  test,
  definition: csv,
  startFake: () => startFolder(),
  waive: {
    errors: 'a folder of this machine answers nothing; csv-server.test.ts has servers that do',
    'check-auth': 'a folder of this machine asks for no password; csv-server.test.ts has servers that do',
    'no-secrets': 'a folder of this machine asks for no password; csv-server.test.ts has servers that do',
  },
});
