import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Connector } from '../../../src/connector/index.ts';
import { openCsv, put, putManifest, type Read, readAll, rejectsOf, temporaryFolder, valuesOf } from './harness.ts';

/** Rows whose figures all differ, so that no two rows could trade theirs unseen. */
const file = fc
  .array(fc.string({ unit: fc.constantFrom('a', 'ب', ',', '"', '\n', ';', ' ', '1'), maxLength: 7 }), {
    minLength: 2,
    maxLength: 8,
  })
  .chain((notes) => fc.tuple(fc.constant(notes), fc.boolean(), fc.constantFrom('\n', '\r\n', '\r')))
  .map(([notes, always, lineEnd]) => {
    const quoted = (text: string) => (always || /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const rows = notes.map((note, n) => ({ sku: `S${n}`, note, location: `L${n}`, quantity: `${7000 + 13 * n}` }));
    const lines = rows.map((row) => [row.sku, row.note, row.location, row.quantity].map(quoted).join(','));
    const text = ['sku,note,location,quantity', ...lines, ''].join(lineEnd);
    return { bytes: Buffer.from(text), rows };
  });

type Mutation = (bytes: Buffer, at: number, size: number) => Buffer;

function insert(bytes: Buffer, at: number, what: string | Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(what), bytes.subarray(at)]);
}

/** Takes out the first of the characters at or after a place. */
function without(characters: string): Mutation {
  return (bytes, at) => {
    const found = bytes.findIndex((byte, index) => index >= at && characters.includes(String.fromCharCode(byte)));
    return found < 0 ? bytes : Buffer.concat([bytes.subarray(0, found), bytes.subarray(found + 1)]);
  };
}

/** What happens to the shape of a file: none of it changes a digit and leaves all else as it was. */
const structural: Readonly<Record<string, Mutation>> = {
  cut: (bytes, at) => bytes.subarray(0, at),
  'quote inserted': (bytes, at) => insert(bytes, at, '"'),
  'quote lost': without('"'),
  'delimiter inserted': (bytes, at) => insert(bytes, at, ','),
  'delimiter lost': without(','),
  'line end inserted': (bytes, at, size) => insert(bytes, at, ['\n', '\r\n', '\r'][size % 3] ?? '\n'),
  'line end lost': without('\r\n'),
  'block doubled': (bytes, at, size) => insert(bytes, at, bytes.subarray(at, withLineEnd(bytes, at, size))),
  'block lost': (bytes, at, size) =>
    Buffer.concat([bytes.subarray(0, at), bytes.subarray(withLineEnd(bytes, at, size))]),
  'zero bytes in place of a block': (bytes, at, size) =>
    Buffer.from(bytes).fill(0, at, Math.min(bytes.length, at + 1 + (size % 40))),
};

/** A block that reaches over a line end at least: a part of a number alone is a change that nobody could see. */
function withLineEnd(bytes: Buffer, at: number, size: number): number {
  const end = bytes.findIndex((byte, index) => index >= at && (byte === 10 || byte === 13));
  const crlf = bytes[end] === 13 && bytes[end + 1] === 10;
  return (end < 0 ? bytes.length : end + (crlf ? 2 : 1)) + (size % 30);
}

/** A read that was refused as a whole is well, too; any other failure is not. */
async function readOrRefuse(connector: Connector): Promise<Read<'stock'> | undefined> {
  return readAll(connector, 'stock').catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
    return undefined;
  });
}

test.each(Object.keys(structural))(
  'every row that counts is a row of the file as it was, or nothing is proven: %s',
  async (name) => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, { stock: { files: 'stock.csv', ready: 'rename' } });
    await fc.assert(
      fc.asyncProperty(file, fc.nat(), fc.nat(), async ({ bytes, rows }, at, size) => {
        const mutated = structural[name]?.(bytes, at % bytes.length, size) ?? bytes;
        await put(folder, 'stock.csv', mutated);
        await putManifest(folder, 'stock.csv', { rows: rows.length });
        const read = await readOrRefuse(connector);
        if (read?.manifest?.completeness !== 'proven') return;
        for (const level of valuesOf(read)) {
          // Inside quotes a stray character is part of a code: that code is another one then, and all else is of the same row.
          const row = rows.find(({ quantity }) => quantity === level.quantity);
          expect([row?.sku, row?.location]).toSatisfy(
            ([sku, location]) => sku === level.sku || location === level.location,
          );
          expect(rows.find(({ sku }) => sku === level.sku)?.quantity ?? level.quantity).toBe(level.quantity);
        }
        expect(valuesOf(read).length + rejectsOf(read).length).toBe(rows.length);
      }),
      { numRuns: 100 },
    );
  },
);

test('whatever becomes of its bytes: no crash, all rows are counted, and a checksum lets nothing through', async () => {
  const folder = await temporaryFolder();
  const connector = await openCsv(folder, { stock: { files: 'stock.csv', ready: 'rename', delimiter: 'auto' } });
  const edit = fc.record({ kind: fc.nat(4), at: fc.nat(), size: fc.nat(60), byte: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(file, fc.array(edit, { minLength: 1, maxLength: 6 }), fc.boolean(), async (all, edits, stated) => {
      const { bytes, rows } = all;
      let mutated: Buffer = bytes;
      for (const { kind, at, size, byte } of edits) {
        const place = at % (mutated.length + 1);
        if (kind === 0) mutated = Buffer.from(mutated).fill(byte, place, Math.min(mutated.length, place + 1));
        else if (kind === 1) mutated = insert(mutated, place, Buffer.of(byte));
        else if (kind === 2) mutated = Buffer.concat([mutated.subarray(0, place), mutated.subarray(place + size)]);
        else if (kind === 3) mutated = insert(mutated, place, mutated.subarray(place, place + size));
        else mutated = mutated.subarray(0, place);
      }
      await put(folder, 'stock.csv', mutated);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      await putManifest(folder, 'stock.csv', { rows: rows.length, ...(stated ? { sha256 } : {}) });
      const read = await readOrRefuse(connector);
      if (read === undefined) return;
      expect(valuesOf(read).length + rejectsOf(read).length).toBe(rows.length);
      if (stated) expect(mutated).toEqual(bytes);
    }),
    { numRuns: 400 },
  );
});
