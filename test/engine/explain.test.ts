import { expect, test } from 'vitest';
import { explain } from '../../src/engine/explain.ts';
import type { FigureDocument, FigureFacts } from '../../src/store/explain.ts';

const asOf = new Date('2026-11-20T10:00:00Z');
const rule = { buffer: 2, receiptsByOrder: true };
const document = (over: Partial<FigureDocument>): FigureDocument => ({
  id: 1,
  number: 'R1',
  kind: 'purchase',
  state: 'pending',
  bookedAt: new Date('2026-11-20T09:00:00Z'),
  processedBy: null,
  quantity: 5,
  ...over,
});
const facts = (over: Partial<FigureFacts>): FigureFacts => ({
  sku: 'A',
  location: 'RUH1',
  snapshot: { id: 7, asOf },
  erp: 20,
  absent: false,
  doubt: null,
  onHand: 13,
  readAt: asOf,
  documents: [document({})],
  item: null,
  operation: null,
  written: null,
  ...over,
});

test('the wanted figure is the sum of its parts, and never below 0', () => {
  const plain = explain(facts({}), rule, []);
  expect(plain.parts.map(({ kind, units }) => [kind, units])).toEqual([
    ['erp', 20],
    ['pending', -5],
    ['buffer', -2],
  ]);
  expect(plain).toMatchObject({ wanted: 13, difference: 0, reasons: [], unexplained: 0 });
  const low = explain(facts({ erp: 4, onHand: 0 }), rule, []);
  expect(low.parts.at(-1)).toMatchObject({ kind: 'clamped', units: 3 });
  expect(low).toMatchObject({ wanted: 0, difference: 0 });
});

test('a receipt that was booked after the figure was true is no part of it, and a reason once it was processed', () => {
  const newer = document({ state: 'processed', bookedAt: new Date('2026-11-20T11:00:00Z') });
  const found = explain(facts({ documents: [newer], onHand: 23 }), rule, []);
  expect(found).toMatchObject({ wanted: 18, difference: 5, unexplained: 0 });
  expect(found.reasons).toMatchObject([{ kind: 'receipt', units: 5, certain: true, document: { number: 'R1' } }]);
  // Six more than that nobody can account for.
  expect(explain(facts({ documents: [newer], onHand: 29 }), rule, []).unexplained).toBe(6);
});

test('what may have moved the figure, or not, accounts for anything between', () => {
  const orders = [{ orderId: 'SO-1', quantity: 3, mayBeBack: false }];
  const at = (onHand: number) => explain(facts({ onHand }), rule, orders).unexplained;
  // The pending receipt may have come in since, the order may have gone out.
  expect([at(13), at(10), at(9), at(18), at(19), at(15)]).toEqual([0, 0, -1, 0, 1, 0]);
});

test('a change that is held back or on its way is why the figure stayed as it was', () => {
  const item = { plan: 4, to: 13, held: 'sold-since', outcome: null };
  expect(explain(facts({ onHand: 2, item }), rule, [])).toMatchObject({ difference: -11, unexplained: 0 });
  const refused = { id: 9, quantity: 13, state: 'refused', why: 'OTO1134' };
  expect(explain(facts({ onHand: 2, operation: refused }), rule, []).unexplained).toBe(0);
  expect(explain(facts({ onHand: 2, operation: { ...refused, quantity: 8 } }), rule, []).unexplained).toBe(-11);
});

test('what the bridge wrote itself, and nobody has touched, is no mystery when the ERP moves on', () => {
  const written = { operation: 4, quantity: 20, at: asOf, snapshot: 6, undoes: null };
  const found = explain(facts({ documents: [], erp: 9, onHand: 20, written }), rule, []);
  expect(found).toMatchObject({
    wanted: 7,
    difference: 13,
    unexplained: 0,
    reasons: [{ kind: 'written', units: 13 }],
  });
  // The bridge's own mistake, were it ever to make one, is no explanation.
  const own = { ...written, snapshot: 7 };
  expect(explain(facts({ documents: [], erp: 9, onHand: 20, written: own }), rule, []).unexplained).toBe(13);
  expect(
    explain(facts({ documents: [], erp: 9, onHand: 20, written: { ...own, undoes: 3 } }), rule, []).unexplained,
  ).toBe(0);
  // Somebody has taken one away since; or the pending receipt has come.
  expect(explain(facts({ documents: [], erp: 9, onHand: 19, written }), rule, []).unexplained).toBe(-1);
  expect(explain(facts({ onHand: 25, written }), rule, []).unexplained).toBe(0);
  expect(explain(facts({ onHand: 26, written }), rule, []).unexplained).toBe(1);
});

test('without a figure of the ERP nothing is wanted', () => {
  expect(explain(facts({ erp: null }), rule, [])).toMatchObject({ wanted: null, difference: null, unexplained: 0 });
});
