import { describe, test } from 'vitest';
import csv from '../../connectors/csv/index.ts';
import { connectorTests } from '../../src/kit/index.ts';
import { startFtp } from '../connectors/csv/ftp-server.ts';
import { startSftp } from '../connectors/csv/sftp-server.ts';
import { startFolder } from './csv-folder.ts';

describe('over SFTP', () => {
  connectorTests({ test, definition: csv, startFake: () => startFolder(startSftp) });
});

// Without TLS: a socket that is encrypted later is let go of only when memory is, which looks like one that was left open.
describe('over FTP', () => {
  connectorTests({ test, definition: csv, startFake: () => startFolder((root) => startFtp(root, { tls: 'none' })) });
});
