import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Arrived, type PendingDocument, processedDocuments } from '../../src/engine/pending.ts';

const skus = ['A', 'B', 'C', 'D'];
const linesOf = (units: fc.Arbitrary<number>) =>
  fc.uniqueArray(fc.record({ sku: fc.constantFrom(...skus), quantity: units }), {
    selector: (line) => line.sku,
    minLength: 1,
    maxLength: 3,
  });
const lines = linesOf(fc.integer({ min: 1, max: 6 }));
/** Documents, and which of them staff have processed. */
const world = fc.array(fc.record({ lines, processed: fc.boolean() }), { minLength: 1, maxLength: 6 });
/** A disposal among three documents. */
const both = fc.array(
  fc.record({
    lines: fc.oneof({ weight: 2, arbitrary: lines }, linesOf(fc.integer({ min: -3, max: -1 }))),
    processed: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);
/** Units that customers' orders may have moved, of which some did. */
const blur = fc.array(fc.record({ out: fc.nat(3), outLeft: fc.nat(3), back: fc.nat(2), backCame: fc.nat(2) }), {
  minLength: skus.length,
  maxLength: skus.length,
});

const total = (documents: readonly Pick<PendingDocument, 'lines'>[], sku: string, least = Number.NEGATIVE_INFINITY) =>
  documents
    .flatMap((document) => document.lines)
    .reduce((sum, line) => sum + (line.sku === sku && line.quantity > least ? line.quantity : 0), 0);

const exactly = (arrived: readonly Pick<PendingDocument, 'lines'>[]) =>
  skus.map((sku): Arrived => ({ sku, least: total(arrived, sku), most: total(arrived, sku) }));

describe('processedDocuments', () => {
  test('finds documents whose goods are just the goods that arrived', () => {
    fc.assert(
      fc.property(world, (documents) => {
        const pending = documents.map((document, id) => ({ id, lines: document.lines }));
        const arrived = pending.filter((_, id) => documents[id]?.processed);
        const ids = processedDocuments(pending, exactly(arrived));
        const found = pending.filter(({ id }) => ids.includes(id));
        for (const sku of skus) expect(total(found, sku)).toBe(total(arrived, sku));
        // Where no two of them share a SKU, it is these and no others.
        const alone = (one: PendingDocument) =>
          one.lines.every((line) =>
            pending.every((other) => other === one || !other.lines.some((l) => l.sku === line.sku)),
          );
        if (pending.every(alone)) expect(found).toEqual(arrived);
      }),
    );
  });

  test('never finds more goods than arrived, whatever customers ordered and disposals took out meanwhile', () => {
    fc.assert(
      fc.property(both, blur, (documents, sold) => {
        const pending = documents.map((document, id) => ({ id, lines: document.lines }));
        const arrived = pending.filter((_, id) => documents[id]?.processed);
        const readings = skus.map((sku, index): Arrived => {
          const { out = 0, outLeft = 0, back = 0, backCame = 0 } = sold[index] ?? {};
          const moved = total(arrived, sku) - Math.min(out, outLeft) + Math.min(back, backCame);
          return { sku, least: moved - back, most: moved + out };
        });
        const ids = processedDocuments(pending, readings);
        const found = pending.filter(({ id }) => ids.includes(id));
        for (const sku of skus) expect(total(found, sku, 0)).toBeLessThanOrEqual(total(arrived, sku, 0));
      }),
      { numRuns: 1000 },
    );
  });

  test('never takes a figure that may not have moved for goods that arrived', () => {
    fc.assert(
      fc.property(both, blur, (documents, sold) => {
        const pending = documents.map((document, id) => ({ id, lines: document.lines }));
        const readings = skus.map(
          (sku, index): Arrived => ({ sku, least: -(sold[index]?.back ?? 0), most: sold[index]?.out ?? 0 }),
        );
        expect(processedDocuments(pending, readings)).toEqual([]);
      }),
    );
  });

  test('says nothing where a figure is not known', () => {
    fc.assert(
      fc.property(world, fc.constantFrom(...skus), (documents, silent) => {
        const pending = documents.map((document, id) => ({ id, lines: document.lines }));
        const readings = exactly(pending).filter(({ sku }) => sku !== silent);
        for (const id of processedDocuments(pending, readings))
          expect(pending[id]?.lines.some((line) => line.sku === silent)).toBe(false);
      }),
    );
  });

  test('of two documents that look alike the older one counts', () => {
    const pending = [7, 3].map((id) => ({ id, lines: [{ sku: 'A', quantity: 5 }] }));
    expect(processedDocuments(pending, [{ sku: 'A', least: 5, most: 5 }])).toEqual([3]);
  });

  test('a sale while goods arrive hides them only where nothing arrived explains it as well', () => {
    const pending = [{ id: 1, lines: [{ sku: 'A', quantity: 5 }] }];
    const at = (least: number, most: number) => processedDocuments(pending, [{ sku: 'A', least, most }]);
    expect([at(3, 5), at(1, 9), at(0, 5), at(3, 4), at(6, 9)]).toEqual([[1], [1], [], [], []]);
  });

  test('of combinations that all explain it none is taken, unless one has the fewest of every SKU', () => {
    const pending = [
      { id: 1, lines: [{ sku: 'A', quantity: 5 }] },
      { id: 2, lines: [{ sku: 'A', quantity: 6 }] },
    ];
    expect(processedDocuments(pending, [{ sku: 'A', least: 5, most: 6 }])).toEqual([1]);
    const crossed = [
      {
        id: 1,
        lines: [
          { sku: 'A', quantity: 5 },
          { sku: 'B', quantity: 1 },
        ],
      },
      {
        id: 2,
        lines: [
          { sku: 'A', quantity: 4 },
          { sku: 'B', quantity: 2 },
        ],
      },
    ];
    const between = [
      { sku: 'A', least: 4, most: 5 },
      { sku: 'B', least: 1, most: 2 },
    ];
    expect(processedDocuments(crossed, between)).toEqual([]);
  });

  test('a disposal that went out meanwhile is told from goods that arrived', () => {
    const pending = [
      { id: 1, lines: [{ sku: 'A', quantity: 5 }] },
      { id: 2, lines: [{ sku: 'A', quantity: -2 }] },
      { id: 3, lines: [{ sku: 'A', quantity: 3 }] },
    ];
    const at = (moved: number) => processedDocuments(pending, [{ sku: 'A', least: moved, most: moved }]);
    expect([at(5), at(-2), at(8), at(6), at(1)]).toEqual([[1], [2], [1, 3], [1, 2, 3], [2, 3]]);
    // Five and a disposal of two, or three: the fewer.
    expect(at(3)).toEqual([3]);
  });

  test('one line that does not fit is enough to leave a document pending', () => {
    const pending = [
      {
        id: 1,
        lines: [
          { sku: 'A', quantity: 5 },
          { sku: 'B', quantity: 2 },
        ],
      },
    ];
    const at = (a: number, b: number) =>
      processedDocuments(pending, [
        { sku: 'A', least: a, most: a },
        { sku: 'B', least: b, most: b },
      ]);
    expect([at(5, 2), at(5, 1), at(4, 2), at(0, 0)]).toEqual([[1], [], [], []]);
  });

  test('documents that cannot be told apart are left to a person', () => {
    // Thirty documents of powers that overlap in all ways, and a sum that none of them makes up.
    const pending = Array.from({ length: 30 }, (_, id) => ({ id, lines: [{ sku: 'A', quantity: 2 * id + 40 }] }));
    expect(processedDocuments(pending, [{ sku: 'A', least: 801, most: 801 }])).toEqual([]);
  });

  test('a hundred documents that share SKUs are told apart by what arrived', () => {
    const document = (id: number) => ({
      id,
      lines: [
        { sku: `own-${id}`, quantity: 3 },
        { sku: `shared-${id % 7}`, quantity: 2 },
        { sku: `shared-${(id + 3) % 11}`, quantity: 1 },
      ],
    });
    const pending = Array.from({ length: 100 }, (_, id) => document(id));
    const processed = pending.filter(({ id }) => id % 3 === 0);
    const all = new Set(pending.flatMap(({ lines }) => lines.map((line) => line.sku)));
    const readings = [...all].map((sku): Arrived => {
      const moved = total(processed, sku);
      return { sku, least: moved, most: moved };
    });
    expect(processedDocuments(pending, readings)).toEqual(processed.map(({ id }) => id));
  });
});
