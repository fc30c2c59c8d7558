import { expect, test } from 'vitest';
import { openBridge } from '../support/bridge.ts';

const hour = 3_600_000;
const ago = (hours: number) => new Date(Math.floor(Date.now() / 1000) * 1000 - hours * hour);

test.each([
  { onHandFallsAt: 'picked', zone: 'UTC', known: undefined },
  { onHandFallsAt: 'packed', zone: 'Asia/Riyadh', known: undefined },
  { onHandFallsAt: 'shipped', zone: 'Asia/Riyadh', known: 'Asia/Riyadh' },
  { onHandFallsAt: 'shipped', zone: 'UTC', known: 'UTC' },
] as const)(
  'units sold in OTO are not given back: on hand falls when $onHandFallsAt, dates in $zone, configured $known',
  async (side) => {
    const bridge = await openBridge({
      config: { oto: { orderTimezone: side.known } },
      simulator: { switches: { onHandFallsAt: side.onHandFallsAt, orderTimezone: side.zone } },
    });
    bridge.simulator.seed({ products: ['A', 'B', 'C'].map((sku) => ({ sku })) });
    const write = (asOf: Date, a: number, b: number, c: number) =>
      bridge.erp.stock(
        [
          ['A', 'RUH-MAIN', a],
          ['B', 'RUH-MAIN', b],
          ['C', 'RUH-MAIN', c],
          ['A', 'JED-1', a],
        ],
        { asOf },
      );
    await write(ago(8), 10, 10, 10);
    await bridge.sync('stock');

    bridge.otoClock.ahead = -5 * hour;
    const { staff } = bridge.simulator;
    staff.createOrder({
      orderId: 'SO-1',
      location: 'RUH1',
      items: [
        { sku: 'A', quantity: 4 },
        { sku: 'B', quantity: 1 },
      ],
    });
    staff.readyOrder('SO-1');
    if (side.onHandFallsAt === 'picked') staff.pickOrder('SO-1');
    else if (side.onHandFallsAt === 'packed') staff.packOrder('SO-1');
    else staff.shipOrder('SO-1');
    expect([bridge.onHand('A'), bridge.onHand('B')]).toEqual([6, 9]);
    bridge.otoClock.ahead = 0;

    // An hour before the sale the ERP had 12, 8 and 12, and 12 in the other place, where nothing was sold.
    await write(ago(6), 12, 8, 12);
    const { run } = await bridge.sync('stock');
    expect(run).toMatchObject({ status: 'done', outcome: 'changed', counts: { waiting: 1 } });
    expect(run.notes.map((note) => note.kind)).toEqual(['sold-since', 'lag']);
    expect(['A', 'B', 'C'].map((sku) => bridge.onHand(sku))).toEqual([6, 8, 12]);
    expect(bridge.onHand('A', 'JED1')).toBe(12);

    // The next export is younger than the sale and has booked it.
    await write(ago(1), 8, 8, 12);
    const next = await bridge.sync('stock');
    expect(next.run).toMatchObject({ outcome: 'changed', counts: { waiting: 0 } });
    expect(bridge.onHand('A')).toBe(8);
  },
);

test('the zone that OTO writes does not hide a sale', async () => {
  // OTO writes UTC; read as Riyadh's time, an order of an hour after the export would look two hours older than it.
  const bridge = await openBridge({ simulator: { switches: { orderTimezone: 'UTC' } } });
  bridge.simulator.seed({ products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 10 }] });
  bridge.otoClock.ahead = -2 * hour;
  bridge.simulator.staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items: [{ sku: 'A', quantity: 4 }] });
  bridge.simulator.staff.shipOrder('SO-1');
  bridge.otoClock.ahead = 0;
  await bridge.erp.stock(
    [
      ['A', 'RUH-MAIN', 10],
      ['A', 'JED-1', 0],
    ],
    { asOf: ago(3) },
  );
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(6);
});

test('an order of weeks ago that was shipped since counts as well', async () => {
  const bridge = await openBridge();
  bridge.simulator.seed({ products: [{ sku: 'A' }], stock: [{ sku: 'A', location: 'RUH1', onHand: 10 }] });
  bridge.otoClock.ahead = -20 * 24 * hour;
  bridge.simulator.staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items: [{ sku: 'A', quantity: 4 }] });
  bridge.otoClock.ahead = 0;
  bridge.simulator.staff.shipOrder('SO-1');
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 10],
    ['A', 'JED-1', 0],
  ]);
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(6);
});

test('an order that is shipped in part before the nightly figure, and booked by the ERP as a whole later, is not given back', async () => {
  const bridge = await openBridge({ config: { flows: { stock: { from: 'erp', bookingHours: 48 } } } });
  bridge.simulator.seed({ products: [{ sku: 'A' }] });
  const night = (asOf: Date, figure: number) =>
    bridge.erp.stock(
      [
        ['A', 'RUH-MAIN', figure],
        ['A', 'JED-1', 1],
      ],
      { asOf },
    );
  await night(ago(30), 10);
  await bridge.sync('stock');
  bridge.otoClock.ahead = -12 * hour;
  const { staff } = bridge.simulator;
  staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items: [{ sku: 'A', quantity: 2 }] });
  staff.readyOrder('SO-1');
  staff.shipOrder('SO-1');
  bridge.otoClock.ahead = 0;
  expect(bridge.onHand('A')).toBe(8);

  // The rest of the order is still to be shipped, so the ERP has 10 in its books hours later.
  await night(ago(6), 10);
  expect((await bridge.sync('stock')).run).toMatchObject({ status: 'done', counts: { waiting: 1 } });
  expect(bridge.onHand('A')).toBe(8);
  await night(ago(1), 8);
  expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'unchanged', counts: { waiting: 0 } });
  expect([...new Set(bridge.history('A'))]).toEqual([10, 8]);
});
