import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KeyReading, type PendingDocument, processedDocuments } from '../../src/engine/pending.ts';

const skus = ['A', 'B', 'C', 'D'];
const lines = fc.uniqueArray(fc.record({ sku: fc.constantFrom(...skus), quantity: fc.integer({ min: 1, max: 6 }) }), {
  selector: (line) => line.sku,
  minLength: 1,
  maxLength: 3,
});
/** Documents, which of them staff have processed, and the figure of each SKU before. */
const world = fc.record({
  documents: fc.array(fc.record({ lines, processed: fc.boolean() }), { minLength: 1, maxLength: 6 }),
  stock: fc.record(Object.fromEntries(skus.map((sku) => [sku, fc.integer({ min: 0, max: 9 })]))),
});

const total = (documents: readonly Pick<PendingDocument, 'lines'>[], sku: string) =>
  documents
    .flatMap((document) => document.lines)
    .reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0);

describe('processedDocuments', () => {
  test('finds documents whose goods are just the goods that arrived', () => {
    fc.assert(
      fc.property(world, ({ documents, stock }) => {
        const pending = documents.map((document, id) => ({
          id,
          lines: document.lines.map((line) => ({ ...line, before: stock[line.sku] ?? 0 })),
        }));
        const arrived = pending.filter((_, id) => documents[id]?.processed);
        const readings = skus.map((sku): KeyReading => {
          const base = stock[sku] ?? 0;
          return { sku, base, onHand: base + total(arrived, sku) };
        });
        const found = pending.filter(({ id }) => processedDocuments(pending, readings).includes(id));
        for (const sku of skus) expect(total(found, sku)).toBe(total(arrived, sku));
        // Where no two documents look alike, it is these and no others.
        const looks = new Set(pending.map((document) => JSON.stringify(document.lines)));
        if (
          looks.size === pending.length &&
          pending.every((one) =>
            one.lines.every((line) =>
              pending.every((other) => other === one || !other.lines.some((l) => l.sku === line.sku)),
            ),
          )
        )
          expect(found.map(({ id }) => id)).toEqual(arrived.map(({ id }) => id));
      }),
    );
  });

  test('never takes a figure that has not risen for goods that arrived, whatever the ERP says', () => {
    fc.assert(
      fc.property(
        world,
        fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 4, maxLength: 4 }),
        ({ documents, stock }, bases) => {
          const pending = documents.map((document, id) => ({
            id,
            lines: document.lines.map((line) => ({ ...line, before: stock[line.sku] ?? 0 })),
          }));
          const readings = skus.map(
            (sku, index): KeyReading => ({ sku, base: bases[index] ?? 0, onHand: stock[sku] ?? 0 }),
          );
          expect(processedDocuments(pending, readings)).toEqual([]);
        },
      ),
    );
  });

  test('says nothing where a figure is not known', () => {
    fc.assert(
      fc.property(world, fc.constantFrom(...skus), ({ documents, stock }, silent) => {
        const pending = documents.map((document, id) => ({ id, lines: document.lines }));
        const readings = skus.map(
          (sku): KeyReading => ({
            sku,
            base: stock[sku] ?? 0,
            onHand: sku === silent ? null : (stock[sku] ?? 0) + total(pending, sku),
          }),
        );
        const found = processedDocuments(pending, readings);
        for (const id of found) expect(pending[id]?.lines.some((line) => line.sku === silent)).toBe(false);
      }),
    );
  });

  test('of two documents that look alike the older one counts', () => {
    const pending = [7, 3].map((id) => ({ id, lines: [{ sku: 'A', quantity: 5, before: 10 }] }));
    expect(processedDocuments(pending, [{ sku: 'A', base: 10, onHand: 15 }])).toEqual([3]);
  });

  test('one line that does not fit is enough to leave a document pending', () => {
    const pending = [
      {
        id: 1,
        lines: [
          { sku: 'A', quantity: 5, before: 10 },
          { sku: 'B', quantity: 2, before: 0 },
        ],
      },
    ];
    const at = (a: number, b: number) =>
      processedDocuments(pending, [
        { sku: 'A', base: 10, onHand: a },
        { sku: 'B', base: 0, onHand: b },
      ]);
    expect([at(15, 2), at(15, 1), at(14, 2), at(10, 0)]).toEqual([[1], [], [], []]);
  });

  test('documents that cannot be told apart are left to a person', () => {
    // Thirty documents of powers that overlap in all ways, and a sum that none of them makes up.
    const pending = Array.from({ length: 30 }, (_, id) => ({
      id,
      lines: [{ sku: 'A', quantity: 2 * id + 40, before: 0 }],
    }));
    expect(processedDocuments(pending, [{ sku: 'A', base: 0, onHand: 801 }])).toEqual([]);
  });

  test('a hundred documents that share SKUs are told apart by what arrived', () => {
    const document = (id: number) => ({
      id,
      lines: [
        { sku: `own-${id}`, quantity: 3, before: 10 },
        { sku: `shared-${id % 7}`, quantity: 2, before: 50 },
        { sku: `shared-${(id + 3) % 11}`, quantity: 1, before: 50 },
      ],
    });
    const pending = Array.from({ length: 100 }, (_, id) => document(id));
    const processed = pending.filter(({ id }) => id % 3 === 0);
    const all = new Set(pending.flatMap(({ lines }) => lines.map((line) => line.sku)));
    const readings = [...all].map((sku): KeyReading => {
      const base = sku.startsWith('own') ? 10 : 50;
      return { sku, base, onHand: base + total(processed, sku) };
    });
    expect(processedDocuments(pending, readings)).toEqual(processed.map(({ id }) => id));
  });
});
