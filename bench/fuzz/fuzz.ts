import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/demo/random.ts';
import { DocumentsWriter } from './documents.ts';
import { bytesOf, type Form, formOf, optionsOf } from './form.ts';
import { changesOf, Mismatch, openOver, place } from './read.ts';
import { StockWriter } from './stock.ts';

export interface FuzzResult {
  readonly seed: number;
  readonly files: number;
  /** Rows that were written, of stock and documents together. */
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Rows of documents that are left out as a whole, or by their kind. */
  readonly leftOut: number;
  readonly seconds: number;
  readonly rssMb: number;
  /** Rows by what was done to them. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly encodings: Readonly<Record<string, number>>;
}

interface Tally {
  files: number;
  rows: number;
  accepted: number;
  rejected: number;
  leftOut: number;
  rss: number;
  kinds: Record<string, number>;
  encodings: Record<string, number>;
}

function same(what: string, got: unknown, wanted: unknown): void {
  if (got !== wanted) throw new Mismatch(`${what}: read ${JSON.stringify(got)}, must be ${JSON.stringify(wanted)}`);
}

/** Kinds of damage after which a count of rows proves nothing. */
const shapeless = new Set(['few', 'many', 'nul', 'stray-quote', 'open-quote']);

function completenessOf(form: Form, broken: boolean, checksum: boolean): string {
  if (form.manifest) return broken && !checksum ? 'likely' : 'proven';
  return form.end === 'whole' ? 'likely' : 'unproven';
}

async function fuzzStock(folder: string, random: Random, form: Form, rows: number, tally: Tally): Promise<void> {
  const file = new StockWriter(random, form).write(rows);
  const manifest = form.manifest
    ? { rows: file.rows, checksum: form.end === 'no-line-end' || random.chance(0.3) }
    : undefined;
  await place(folder, 'stock.csv', bytesOf(form, file.text), manifest);
  const connector = await openOver(folder, {
    stock: { files: 'stock.csv', columns: file.columns, ...optionsOf(form) },
  });
  let index = 0;
  const changes = changesOf(connector, 'stock');
  for (;;) {
    const next = await changes.next();
    if (next.done === true) {
      const broken = file.expected.some(({ kind }) => shapeless.has(kind));
      same('completeness', next.value?.completeness, completenessOf(form, broken, manifest?.checksum === true));
      break;
    }
    const change = next.value;
    const expected = file.expected[index];
    if (expected === undefined) throw new Mismatch(`a row too many: ${JSON.stringify(change)}`);
    index += 1;
    const at = `${expected.kind} in line ${expected.line}`;
    tally.kinds[expected.kind] = (tally.kinds[expected.kind] ?? 0) + 1;
    if (change.op === 'upsert') {
      tally.accepted += 1;
      if (expected.value === undefined) throw new Mismatch(`${at}: accepted ${JSON.stringify(change)}`);
      same(`${at}, line`, change.place?.line, expected.line);
      for (const field of ['sku', 'location', 'quantity', 'unit'] as const) {
        same(`${at}, ${field}`, change.value[field], expected.value[field]);
      }
    } else {
      tally.rejected += 1;
      if (expected.value !== undefined) throw new Mismatch(`${at}: not accepted: ${JSON.stringify(change)}`);
      same(`${at}, line`, change.op === 'reject' ? change.line : undefined, expected.line);
    }
  }
  same('rows', index, file.expected.length);
  same('rows as counted', index, file.rows);
  tally.rows += index;
  await connector.close();
}

async function fuzzDocuments(folder: string, random: Random, form: Form, rows: number, tally: Tally): Promise<void> {
  const file = new DocumentsWriter(random, form).write(rows);
  const manifest = form.manifest ? { rows: file.rows, checksum: form.end === 'no-line-end' } : undefined;
  await place(folder, 'documents.csv', bytesOf(form, file.text), manifest);
  const connector = await openOver(folder, {
    documents: { files: 'documents.csv', archive: false, ...file.options, ...optionsOf(form) },
  });
  const expected = new Map(file.documents.map((document) => [document.number, document]));
  let rejects = 0;
  let lines = 0;
  const changes = changesOf(connector, 'documents');
  for (;;) {
    const next = await changes.next();
    if (next.done === true) {
      same('completeness', next.value?.completeness, completenessOf(form, file.broken, manifest?.checksum === true));
      break;
    }
    const change = next.value;
    if (change.op !== 'upsert') {
      rejects += 1;
      continue;
    }
    const { value } = change;
    const document = expected.get(value.number);
    if (document === undefined || document.fate === 'left-out') {
      throw new Mismatch(`document ${value.number} is accepted: ${JSON.stringify(value)}`);
    }
    expected.delete(value.number);
    for (const field of ['kind', 'date', 'location'] as const) {
      same(`document ${value.number}, ${field}`, value[field], document[field]);
    }
    const read = value.lines.map(({ sku, quantity }) => `${sku} ${quantity}`).join('\n');
    same(`document ${value.number}`, read, document.lines.map(({ sku, quantity }) => `${sku} ${quantity}`).join('\n'));
    lines += value.lines.length;
  }
  for (const { fate, number } of expected.values()) {
    if (fate === 'accepted') throw new Mismatch(`document ${number} is not accepted`);
  }
  same('rejected rows', rejects, file.badRows);
  tally.rows += file.rows;
  tally.accepted += lines;
  tally.rejected += rejects;
  tally.leftOut += file.rows - lines - rejects;
  await connector.close();
}

/** Sizes of files: most are small, since the oddities stand at the edges. */
function sizeOf(random: Random): number {
  const kind = random.next();
  if (kind < 0.1) return random.whole(1, 5);
  if (kind < 0.5) return random.whole(5, 500);
  return kind < 0.9 ? random.whole(500, 5000) : random.whole(5000, 30_000);
}

/**
 * Writes files with everything that ERPs do to CSV, reads them with the real connector, and compares each row with what must become
 * of it. Throws at the first difference, with the seed of the file; the file stays in `folder` then.
 */
export async function fuzz(
  rows: number,
  seed: number,
  { say, folder: given }: { say?: (line: string) => void; folder?: string } = {},
): Promise<FuzzResult> {
  const folder = given ?? (await mkdtemp(join(tmpdir(), 'oto-fuzz-')));
  const start = performance.now();
  const tally: Tally = { files: 0, rows: 0, accepted: 0, rejected: 0, leftOut: 0, rss: 0, kinds: {}, encodings: {} };
  let told = 0;
  for (let file = seed; tally.rows < rows; file += 1) {
    const random = new Random(file * 2_654_435_761);
    const form = formOf(random);
    const size = Math.min(sizeOf(random), Math.max(1, rows - tally.rows));
    const documents = random.chance(0.2);
    try {
      if (documents) await fuzzDocuments(folder, random, form, size, tally);
      else await fuzzStock(folder, random, form, size, tally);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new Mismatch(
        `seed ${file}, ${documents ? 'documents' : 'stock'} in ${folder}: ${what}\n${JSON.stringify(form)}`,
        { cause: error },
      );
    }
    tally.files += 1;
    tally.encodings[form.encoding] = (tally.encodings[form.encoding] ?? 0) + 1;
    if (tally.files % 20 === 0) tally.rss = Math.max(tally.rss, process.memoryUsage.rss());
    if (tally.rows - told >= 500_000) {
      told = tally.rows;
      say?.(`${tally.rows} rows in ${tally.files} files, ${Math.round((performance.now() - start) / 1000)} s`);
    }
  }
  if (given === undefined) await rm(folder, { recursive: true, force: true });
  const { rss, ...counts } = tally;
  return {
    seed,
    ...counts,
    seconds: Math.round((performance.now() - start) / 100) / 10,
    rssMb: Math.round(Math.max(rss, process.memoryUsage.rss()) / 1e6),
  };
}
