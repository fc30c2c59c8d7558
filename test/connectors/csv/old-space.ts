/**
 * Reads the stock of the folder that is its argument, and prints how many bytes a row leave among V8's old objects until all of them are
 * cleared. Young ones are cleared while the first pages are read: from that V8 learns what becomes old. To be run with --expose-gc.
 */
import { getHeapSpaceStatistics } from 'node:v8';
import pino from 'pino';
import { Agent } from 'undici';
import csv, { csvOptions } from '../../../connectors/csv/index.ts';

const clear = globalThis.gc;
if (clear === undefined) throw new Error('needs --expose-gc');

function oldBytes(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'old_space')?.space_used_size ?? 0;
}

const connector = await csv.open({
  options: csvOptions.parse({ dir: '.', quietMs: 0, stock: { files: 'stock.csv', ready: 'rename' } }),
  source: 'erp',
  baseDir: process.argv[2] ?? '',
  timezone: 'Asia/Riyadh',
  log: pino({ level: 'silent' }),
  now: () => Date.now(),
  dispatcher: new Agent(),
});
let pages = 0;
let rows = 0;
let before = 0;
for await (const item of connector.read.stock?.({ since: null, signal: AbortSignal.timeout(60_000) }) ?? []) {
  if ('manifest' in item) continue;
  pages += 1;
  if (pages <= 4) clear({ type: 'minor' });
  // By then what is often run is compiled.
  if (pages === 20) {
    clear();
    before = oldBytes();
  } else if (pages > 20) rows += item.changes.length;
}
process.stdout.write(JSON.stringify({ rows, bytes: (oldBytes() - before) / rows }));
