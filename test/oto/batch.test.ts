import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBatches } from '../../src/oto/batch.ts';
import { queryOf } from '../../src/oto/request.ts';

const base = 'http://oto.example/rest/v2/checkInventoryStock?sku=';
const reads = (skus: Iterable<string>, skusPerRead: number, urlLimit: number) => [
  ...readBatches(skus, { skusPerRead, urlLimit, baseBytes: base.length }),
];
const address = (skus: readonly string[]): string => base.slice(0, -4) + queryOf({ sku: skus.join(',') });

test('Arabic SKUs are measured in the bytes of the address', () => {
  const skus = Array.from({ length: 40 }, (_, index) => `قميص-${index}`);
  const batches = reads(skus, 50, 500);
  expect(batches.length).toBeGreaterThan(2);
  for (const batch of batches) {
    if (batch.kind !== 'read') throw new Error(`${batch.sku} was not read`);
    expect(Buffer.byteLength(address(batch.skus))).toBeLessThanOrEqual(500);
  }
  expect(batches.flatMap((batch) => (batch.kind === 'read' ? batch.skus : []))).toEqual(skus);
});

test('SKUs that no read can name are reported with the reason', () => {
  expect(reads(['A', 'B,C', '', '\ud800', 'x'.repeat(600), 'D'], 50, 500)).toEqual([
    { kind: 'unreadable', sku: 'B,C', reason: 'comma' },
    { kind: 'unreadable', sku: '', reason: 'not-text' },
    { kind: 'unreadable', sku: '\ud800', reason: 'not-text' },
    { kind: 'unreadable', sku: 'x'.repeat(600), reason: 'too-long' },
    { kind: 'read', skus: ['A', 'D'] },
  ]);
});

test('every SKU comes out once, and no limit is passed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 40 })),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 120, max: 400 }),
      (skus, perRead, limit) => {
        const batches = reads(skus, perRead, limit);
        const out = batches.flatMap((batch) => (batch.kind === 'read' ? batch.skus : [batch.sku]));
        expect([...out].sort()).toEqual([...skus].sort());
        for (const batch of batches) {
          if (batch.kind !== 'read') continue;
          expect(batch.skus.length).toBeLessThanOrEqual(perRead);
          expect(address(batch.skus).length).toBeLessThanOrEqual(limit);
          // What the server decodes and splits is what was asked.
          expect(new URL(address(batch.skus)).searchParams.get('sku')?.split(',')).toEqual(batch.skus);
        }
      },
    ),
  );
});

test('a batch is full before the next begins', () => {
  const skus = Array.from({ length: 101 }, (_, index) => `S${index}`);
  expect(reads(skus, 50, 4_000).map((batch) => (batch.kind === 'read' ? batch.skus.length : 0))).toEqual([50, 50, 1]);
});
