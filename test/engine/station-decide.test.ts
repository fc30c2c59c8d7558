import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Actor, decide, type Order } from '../../src/engine/station-decide.ts';
import {
  completeness,
  fitProgress,
  linesOf,
  type StationAction,
  shortReasons,
  staffRoles,
  stationStates,
  totalsOf,
} from '../../src/model/index.ts';

const skus = ['A', 'B', '__proto__', 'constructor'] as const;
const anyItems = fc.array(
  fc.record({ sku: fc.constantFrom(...skus), name: fc.constant('n'), quantity: fc.integer({ min: 1, max: 4 }) }),
  { minLength: 1, maxLength: 4 },
);
const actor = (id: number, role: Actor['role']): Actor => ({ id, name: `P${id}`, role, locations: ['RUH1'] });
const anyActor = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(...staffRoles))
  .map(([id, role]) => actor(id, role));
const sku = fc.constantFrom(...skus, 'X');
const anyAction = fc.oneof(
  fc.constantFrom('claim', 'release', 'pick', 'approve', 'reopen', 'pack', 'undo').map((type) => ({ type })),
  fc.record({ type: fc.constant('scan'), sku, quantity: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ type: fc.constant('count'), sku, counted: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ type: fc.constant('short'), sku, reason: fc.constantFrom(...shortReasons) }),
) as fc.Arbitrary<StationAction>;
const told = fc.constantFrom('ready', 'sending', 'unknown', 'landed', 'refused', 'parked');

const fresh = (items: Order['items']): Order =>
  ({
    order_id: 'SO-1',
    location: 'RUH1',
    items,
    state: 'ready',
    progress: {},
    claim_staff: null,
    claim_last: null,
    pick_operation: null,
    pack_operation: null,
    oto_has: null,
    changed: null,
    told: null,
  }) as unknown as Order;

test('whatever anybody does in whatever order: never more than ordered, never half an order to OTO without a supervisor', () => {
  fc.assert(
    fc.property(anyItems, fc.array(fc.tuple(anyActor, anyAction, told), { maxLength: 60 }), (items, story) => {
      let order = fresh(items);
      const lines = linesOf(items);
      let operation = 0;
      for (const [who, action, state] of story) {
        const holder = order.claim_staff;
        const standing = order.pick_operation === null && order.pack_operation === null ? null : state;
        const decision = decide({ ...order, told: standing }, action, who, { now: 1000, claimMinutes: 15 });
        if (decision.kind === 'refused') continue;
        if (['scan', 'count', 'short', 'pick'].includes(action.type) && holder !== null && decision.tell === undefined)
          expect(holder, `${action.type} by another`).toBe(who.id);
        if (decision.cancel !== undefined) expect(['ready', 'waiting']).toContain(standing);
        order = { ...order, ...decision.change };
        if (decision.tell !== undefined) {
          if (
            decision.tell === 'picked' &&
            action.type !== 'approve' &&
            completeness(lines, order.progress) !== 'counted'
          )
            expect(order.state, 'said again after a supervisor let it go').toBe('picked');
          operation += 1;
          const key = decision.tell === 'picked' ? 'pick_operation' : 'pack_operation';
          order = { ...order, state: decision.tell, [key]: operation, claim_staff: null };
        }
        if (action.type === 'approve') expect(who.role).not.toBe('picker');
        expect(stationStates).toContain(order.state);
        for (const line of lines) {
          const { [line.sku]: kept } = Object.fromEntries(Object.entries(order.progress));
          if (Object.hasOwn(order.progress, line.sku)) expect(kept?.counted ?? 0).toBeLessThanOrEqual(line.quantity);
        }
        const { counted, units } = totalsOf(lines, order.progress);
        expect(counted).toBeLessThanOrEqual(units);
        if (order.state === 'short') expect(completeness(lines, order.progress)).toBe('short');
      }
    }),
    { numRuns: 500 },
  );
});

test('an order that changes keeps the counts that fit, and says what changed', () => {
  fc.assert(
    fc.property(
      anyItems,
      anyItems,
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 4, maxLength: 4 }),
      (one, two, counts) => {
        const [before, after] = [linesOf(one), linesOf(two)];
        const progress = Object.fromEntries(
          before.map(({ sku: name, quantity }, index) => [name, { counted: Math.min(quantity, counts[index] ?? 0) }]),
        );
        const fitted = fitProgress(before, after, progress);
        const same = (lines: typeof before) =>
          JSON.stringify(lines.map(({ sku: name, quantity }) => [name, quantity]).sort());
        expect(fitted.changed === null).toBe(same(before) === same(after));
        for (const [name, { counted }] of Object.entries(fitted.progress)) {
          const wanted = after.find((line) => line.sku === name)?.quantity ?? 0;
          expect(counted).toBeLessThanOrEqual(wanted);
          expect(counted).toBe(progress[name]?.counted);
        }
        const lost = Object.entries(progress).filter(([name]) => !Object.hasOwn(fitted.progress, name));
        for (const [name, { counted }] of lost)
          expect(counted, name).toBeGreaterThan(after.find((line) => line.sku === name)?.quantity ?? -1);
      },
    ),
    { numRuns: 300 },
  );
});
