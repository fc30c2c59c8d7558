import { test } from 'vitest';
import csv from '../../connectors/csv/index.ts';
import { connectorTests } from '../../src/kit/index.ts';
import { startFolder } from './csv-folder.ts';

connectorTests({
  test,
  definition: csv,
  startFake: startFolder,
  waive: { errors: 'a folder answers nothing; what is broken in it is in the other tests' },
});
