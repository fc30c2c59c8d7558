import { readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { csvOptions } from '../../../connectors/csv/index.ts';
import type { Command } from '../../../src/connector/index.ts';
import { account, type FileServer } from './file-server.ts';
import { startFtp } from './ftp-server.ts';
import { openCsv, put, putManifest, readAll, rejectsOf, temporaryFolder, valuesOf } from './harness.ts';
import { startSftp } from './sftp-server.ts';
import { sheet } from './workbook.ts';

const rows = (count: number, first = 0) =>
  `sku,location,quantity\n${Array.from({ length: count }, (_none, at) => `SKU-${first + at},RUH,${at % 90}\n`).join('')}`;
const large = rows(600);
const levels: Command = {
  name: 'write-stock',
  id: 'op-7',
  asOf: '2026-11-20T08:15:00Z',
  lines: [{ sku: 'A', location: 'RUH', quantity: '5' }],
};
const packed: Command = {
  name: 'set-packing-status',
  id: 'op-8',
  orderId: 'SO-17',
  status: 'packed',
  at: '2026-11-20T08:15:00Z',
  location: 'RUH1',
};
const signal = () => AbortSignal.timeout(20_000);

type Start = (root: string) => Promise<FileServer>;
const servers: [string, Start][] = [
  ['SFTP', startSftp],
  ['FTP with TLS', (root) => startFtp(root)],
  ['an old FTP server, with TLS from the start', (root) => startFtp(root, { tls: 'implicit', old: true })],
];

/** A server, the folder that it shows, and a way to open connectors over it. */
async function serve(start: Start) {
  const root = await temporaryFolder();
  const server = await start(root);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const open = async (options: Record<string, unknown> = {}, connection: Record<string, unknown> = {}) => {
    const connector = await openCsv(await temporaryFolder(), {
      quietMs: 0,
      connection: { ...server.connection, timeoutMs: 5000, ...connection },
      stock: { files: 'stock.csv', ready: 'rename' },
      documents: { files: 'receipts-*.csv', ready: 'rename' },
      write: { stock: 'out', packing: 'out' },
      ...options,
    });
    onTestFinished(() => connector[Symbol.asyncDispose]());
    return connector;
  };
  return { root, server, open };
}

const receipt = (number: string) =>
  `number,kind,date,location,sku,quantity\n${number},purchase,2026-11-20,RUH,A,5\n${number},purchase,2026-11-20,RUH,B,7\n`;

describe.each(servers)('over %s', (_name, start) => {
  test('stock with its manifest, receipts that are archived there, rejected rows that are written there, a workbook', async () => {
    const { root, server, open } = await serve(start);
    await put(root, 'stock.csv', `${rows(3)}B,RUH,many\n`);
    await putManifest(root, 'stock.csv', { rows: 4, asOf: '2026-11-20T02:00:00+03:00' });
    await put(root, 'receipts-1.csv', receipt('G-1'));
    await put(root, '.receipts-2.csv', receipt('G-2'));
    await put(root, 'receipts-3.csv.filepart', receipt('G-3'));
    await put(
      root,
      'products.xlsx',
      sheet([
        ['sku', 'name', 'price'],
        ['007', 'Shirt', 49.9],
      ]),
    );
    const connector = await open({ products: { files: 'products.xlsx' } });
    await connector.check(signal());
    const stock = await readAll(connector, 'stock');
    expect(valuesOf(stock)).toHaveLength(3);
    expect(rejectsOf(stock)).toMatchObject([{ file: 'stock.csv', line: 5, column: 'quantity' }]);
    expect(stock.manifest).toMatchObject({ completeness: 'proven', asOf: '2026-11-20T02:00:00+03:00' });
    expect(await readFile(join(root, 'rejected/stock.rejected.csv'), 'utf8')).toContain('B,RUH,many,5,');
    await put(root, 'stock.csv', rows(4));
    await readAll(connector, 'stock');
    expect(await readdir(join(root, 'rejected'))).toEqual([]);
    const documents = await readAll(connector, 'documents');
    expect(valuesOf(documents)).toMatchObject([{ number: 'G-1', lines: [{ sku: 'A' }, { sku: 'B' }] }]);
    expect(await readdir(join(root, 'archive'))).toEqual(['receipts-1.csv']);
    expect((await readAll(connector, 'documents', documents.checkpoint)).pages).toEqual([]);
    expect(valuesOf(await readAll(connector, 'products'))).toMatchObject([{ sku: '007', price: '49.9' }]);
    expect(server.seen.connections).toBe(1);
  });

  test('a transfer that breaks is made again, once; what breaks twice, or ends early, counts for nothing', async () => {
    const { root, server, open } = await serve(start);
    await put(root, 'stock.csv', large);
    const connector = await open();
    Object.assign(server.troubles, { cutAfter: 3000, cuts: 1 });
    expect(valuesOf(await readAll(connector, 'stock'))).toHaveLength(600);
    server.troubles.cuts = 2;
    await expect(readAll(connector, 'stock')).rejects.toMatchObject({
      code: 'CONNECTOR_UNREACHABLE',
      recovery: 'retry',
    });
    server.troubles.cuts = 0;
    // At the end of a line, so that nothing but the number of bytes shows it.
    server.troubles.endAfter = large.lastIndexOf('\n', 4000) + 1;
    await expect(readAll(connector, 'stock')).rejects.toThrow(/of its \d+ bytes came/);
    delete server.troubles.endAfter;
    expect(valuesOf(await readAll(connector, 'stock'))).toHaveLength(600);
  });

  test.each<[string, (path: string) => Promise<unknown>]>([
    ['grows', (path) => writeFile(path, rows(50, 600).slice(rows(0).length), { flag: 'a' })],
    ['is cut', (path) => writeFile(path, rows(300))],
    ['is written over', (path) => writeFile(path, large.replaceAll('RUH', 'JED')).then(() => utimes(path, 5, 5))],
    [
      'is replaced',
      async (path) => {
        await writeFile(`${path}.new`, large.replaceAll('RUH', 'JED'));
        await utimes(`${path}.new`, 5, 5);
        await rename(`${path}.new`, path);
      },
    ],
    ['vanishes', (path) => rm(path)],
  ])('a file that %s while it is copied counts for nothing', async (_what, change) => {
    const { root, server, open } = await serve(start);
    const path = await put(root, 'stock.csv', large);
    const connector = await open();
    server.troubles.onDownload = async () => {
      server.troubles.onDownload = undefined;
      await change(path);
    };
    await expect(readAll(connector, 'stock')).rejects.toMatchObject({
      code: expect.stringMatching(/BAD_SOURCE|UNREACHABLE/),
    });
  });

  test('a file that took its place after it was read is not archived unread', async () => {
    const { root, open } = await serve(start);
    const path = await put(root, 'receipts-1.csv', receipt('G-1'));
    await utimes(path, 1_700_000_000, 1_700_000_000);
    const connector = await open();
    const items = connector.read.documents?.({ since: null, signal: signal() })[Symbol.asyncIterator]();
    expect((await items?.next())?.value).toHaveProperty('changes');
    await put(root, 'receipts-1.csv', receipt('G-2'));
    await items?.next();
    expect(await readdir(root)).toContain('receipts-1.csv');
    expect(valuesOf(await readAll(connector, 'documents'))).toMatchObject([{ number: 'G-2' }]);
  });

  test('a file counts once it has been seen unchanged, and a marker completes it', async () => {
    const { root, open } = await serve(start);
    const path = await put(root, 'stock.csv', rows(2));
    const connector = await open({ quietMs: 300, stock: { files: 'stock.csv', ready: 'marker' } });
    expect((await readAll(connector, 'stock')).manifest).toBeUndefined();
    await put(root, 'stock.csv.done', '');
    const read = readAll(connector, 'stock');
    await writeFile(path, rows(5));
    await put(root, 'stock.csv.done', '');
    expect(valuesOf(await read)).toHaveLength(5);
  });

  test('results appear whole, once, also where the answer to the rename is lost', async () => {
    const { root, server, open } = await serve(start);
    const connector = await open();
    server.troubles.loseRenames = 1;
    await expect(connector.apply?.(levels, signal())).resolves.toEqual({
      outcome: 'done',
      reference: 'stock-op-7.csv',
    });
    expect(await readFile(join(root, 'out/stock-op-7.csv'), 'utf8')).toBe(
      'sku,location,quantity,asOf,operation\nA,RUH,5,2026-11-20T08:15:00Z,op-7\n',
    );
    await rm(join(root, 'out/stock-op-7.csv'));
    await expect((await open()).apply?.(levels, signal())).resolves.toMatchObject({ outcome: 'already-done' });
    expect(await readdir(join(root, 'out'))).toEqual(['.written']);
  });

  test('no room, no right: named as such, and nothing appears', async () => {
    const { root, server, open } = await serve(start);
    const connector = await open();
    for (const trouble of ['full', 'quietlyFull'] as const) {
      server.troubles[trouble] = true;
      await expect(connector.apply?.(packed, signal())).rejects.toMatchObject({ recovery: 'retry' });
      server.troubles[trouble] = false;
    }
    expect((await readdir(join(root, 'out'))).filter((name) => !name.startsWith('.'))).toEqual([]);
    server.troubles.denied = /out/;
    await expect(connector.check(signal())).rejects.toMatchObject({ code: 'CONNECTOR_AUTH' });
    await expect(connector.apply?.(packed, signal())).rejects.toMatchObject({ code: 'CONNECTOR_AUTH' });
    delete server.troubles.denied;
    await expect(connector.apply?.(packed, signal())).resolves.toMatchObject({ outcome: 'done' });
  });

  test('a login that is refused is a matter of configuration, and is not tried again and again', async () => {
    const { root, server, open } = await serve(start);
    await put(root, 'stock.csv', rows(2));
    server.troubles.refuseLogin = true;
    const connector = await open();
    for (let tries = 0; tries < 3; tries += 1) {
      const error: unknown = await readAll(connector, 'stock').catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'CONNECTOR_AUTH', recovery: 'fix-config' });
      expect(String(error)).not.toContain(account.password);
    }
    expect(server.seen.logins).toBe(1);
  });

  test('a server that falls silent, one that hangs up, and one that is gone', async () => {
    const { root, server, open } = await serve(start);
    await put(root, 'stock.csv', rows(2));
    const connector = await open({}, { timeoutMs: 400 });
    await connector.check(signal());
    // A connection that was idle and is gone is opened anew without a word.
    server.hangUp();
    expect(valuesOf(await readAll(connector, 'stock'))).toHaveLength(2);
    server.troubles.silent = true;
    await expect(readAll(connector, 'stock')).rejects.toMatchObject({
      code: 'CONNECTOR_UNREACHABLE',
      recovery: 'retry',
    });
    server.troubles.silent = false;
    expect(valuesOf(await readAll(connector, 'stock'))).toHaveLength(2);
    await server[Symbol.asyncDispose]();
    await expect(readAll(connector, 'stock')).rejects.toMatchObject({
      code: 'CONNECTOR_UNREACHABLE',
      recovery: 'retry',
    });
  });

  test('the watch looks through the folder; one file larger than allowed is not copied', async () => {
    const { root, open } = await serve(start);
    const connector = await open({ pollMs: 50 }, { maxFileMb: 0.01 });
    const controller = new AbortController();
    const news = connector.watch?.(['stock', 'documents'], controller.signal)[Symbol.asyncIterator]();
    const first = news?.next();
    await put(root, 'receipts-1.csv', receipt('G-1'));
    expect((await first)?.value).toBe('documents');
    controller.abort();
    expect((await news?.next())?.done).toBe(true);
    await put(root, 'stock.csv', rows(2000));
    await expect(readAll(connector, 'stock')).rejects.toThrow(/at most 0.01 MB/);
  });
});

describe('who the server is', () => {
  test('another host key than the one that was written down: nothing is sent, and a person must look', async () => {
    const { root, server, open } = await serve(startSftp);
    await put(root, 'stock.csv', rows(1));
    const { sftp } = server.connection as { sftp: Record<string, unknown> };
    const other = `SHA256:${'A'.repeat(43)}`;
    await expect(readAll(await open({}, { sftp: { ...sftp, hostKey: other } }), 'stock')).rejects.toMatchObject({
      code: 'CONNECTOR_IDENTITY',
      recovery: 'fix-config',
      message: expect.stringContaining(String(sftp.hostKey)),
    });
    expect(server.seen.logins).toBe(0);
    for (const hostKey of [[other, sftp.hostKey], 'unchecked']) {
      const connector = await open({}, { sftp: { ...sftp, hostKey } });
      expect(valuesOf(await readAll(connector, 'stock'))).toHaveLength(1);
    }
  });

  test('a private key that is none, or lacks its passphrase, is a matter of configuration, and is not shown', async () => {
    const { server, open } = await serve(startSftp);
    const { sftp } = server.connection as { sftp: Record<string, unknown> };
    const locked = ssh2.utils.generateKeyPairSync('ed25519', {
      cipher: 'aes256-cbc',
      passphrase: 'a passphrase',
      rounds: 1,
    });
    for (const privateKey of ['-----BEGIN NOTHING-----', locked.private]) {
      const connector = await open({}, { sftp: { ...sftp, password: undefined, privateKey } });
      const error: unknown = await connector.check(signal()).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'CONNECTOR_OPTIONS', recovery: 'fix-config' });
      expect(String(error)).not.toContain('BEGIN');
    }
    expect(server.seen.connections).toBe(0);
  });

  test('a certificate that nobody vouches for: no password is sent', async () => {
    const { server, open } = await serve(startFtp);
    const { ftp } = server.connection as { ftp: Record<string, unknown> };
    const connector = await open({}, { ftp: { ...ftp, caFile: undefined } });
    await expect(connector.check(signal())).rejects.toMatchObject({
      code: 'CONNECTOR_IDENTITY',
      recovery: 'fix-config',
    });
    expect(server.seen.logins).toBe(0);
  });

  test('a server without TLS is not spoken to in the clear unless that is asked for', async () => {
    const { root, server, open } = await serve((root) => startFtp(root, { tls: 'none' }));
    await put(root, 'stock.csv', rows(1));
    const { ftp } = server.connection as { ftp: Record<string, unknown> };
    await expect((await open({}, { ftp: { ...ftp, tls: 'explicit' } })).check(signal())).rejects.toMatchObject({
      code: 'CONNECTOR_OPTIONS',
    });
    expect(server.seen.logins).toBe(0);
    expect(valuesOf(await readAll(await open(), 'stock'))).toHaveLength(1);
  });
});

test.each([
  [{ sftp: { host: 'h', user: 'u', password: 'p' } }, 'hostKey'],
  [{ sftp: { host: 'h', user: 'u', hostKey: 'unchecked' } }, 'exactly one of'],
  [{ sftp: { host: 'h', user: 'u', password: 'p', hostKey: 'aa:bb' } }, 'hostKey'],
  [{}, 'exactly one of'],
  [{ ftp: { host: 'h', user: 'u', password: 'p', tls: 'maybe' } }, 'tls'],
])('the connection %j is refused', (connection, message) => {
  const result = csvOptions.safeParse({ dir: 'x', connection });
  expect(JSON.stringify(result.error?.issues)).toContain(message);
});
