import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SwitchValues, switchTable } from '../../src/simulator/index.ts';
import { type Client, start } from './client.ts';
import { order } from './families/order.ts';

const sku = fc.constantFrom('A', 'B', 'C', 'unknown');
const location = fc.constantFrom('RUH1', 'JED1', 'NOPE');
const quantity = fc.integer({ min: -3, max: 9 });
const items = fc.array(fc.record({ sku, qty: quantity }), { maxLength: 3 });
const which = fc.nat(20);

/** What OTO and its people can do, with arguments good and bad. */
const step = fc.oneof(
  fc.record({ do: fc.constant('product' as const), sku }),
  fc.record({
    do: fc.constant('stock' as const),
    actionType: fc.constantFrom('set', 'adjust', 'put'),
    sku,
    location,
    quantity,
  }),
  fc.record({
    do: fc.constant('inventoryOrder' as const),
    action: fc.constantFrom('inbound', 'outbound'),
    location,
    items,
    waybill: fc.constantFrom('W1', 'W2'),
  }),
  fc.record({ do: fc.constant('packing' as const), which, packingStatus: fc.constantFrom('picked', 'packed') }),
  fc.record({ do: fc.constant('staff' as const), which, action: fc.constantFrom('accept', 'process', 'reject') }),
  fc.record({ do: fc.constant('order' as const), location, items }),
  fc.record({
    do: fc.constant('orderStep' as const),
    which,
    action: fc.constantFrom('ready', 'pick', 'pack', 'ship', 'cancel'),
  }),
  fc.record({ do: fc.constant('import' as const), sku, location, quantity }),
  fc.record({
    do: fc.constant('orderCall' as const),
    which,
    name: fc.constantFrom(
      'createOrder',
      'updateOrder',
      'cancelOrder',
      'holdOrder',
      'unHoldOrder',
      'createShipment',
      'cancelShipment',
      'createReturnShipment',
      'updateOrderStatus',
    ),
    location,
    items,
    status: fc.constantFrom('delivered', 'returned', 'pickedUp'),
  }),
  fc.record({
    do: fc.constant('report' as const),
    which,
    status: fc.constantFrom(
      'pickedUp',
      'delivered',
      'returned',
      'reversePickedUp',
      'reverseReturned',
      'reverseConfirmReturn',
    ),
  }),
  fc.record({ do: fc.constant('switches' as const), onHandFallsAt: fc.constantFrom('picked', 'packed', 'shipped') }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const either = (name: keyof SwitchValues) => fc.constantFrom(...Object.keys(switchTable[name].behaviours));
const switches = fc.record({
  firstSet: either('firstSet'),
  negativeSet: either('negativeSet'),
  duplicateWaybill: either('duplicateWaybill'),
  unknownSkuInInventoryOrder: either('unknownSkuInInventoryOrder'),
  inventoryOrderStock: either('inventoryOrderStock'),
  packingSteps: either('packingSteps'),
  onHandFallsAt: either('onHandFallsAt'),
  forecastIncludesInventoryOrders: fc.boolean(),
  returnOrder: either('returnOrder'),
  returnedGoods: either('returnedGoods'),
  shipmentOutcome: either('shipmentOutcome'),
}) as fc.Arbitrary<Partial<SwitchValues>>;

async function take({ call, admin, simulator }: Client, one: Step): Promise<void> {
  const { state } = simulator;
  switch (one.do) {
    case 'product':
      await call('createProduct', { sku: one.sku, productName: 'x', price: '1' });
      break;
    case 'stock':
      await call('updateStockQuantity', {
        actionType: one.actionType,
        sku: one.sku,
        locationCode: one.location,
        qty: one.quantity,
      });
      break;
    case 'inventoryOrder':
      await call('createInventoryOrder', {
        action: one.action,
        locationCode: one.location,
        items: one.items,
        waybillNumber: one.waybill,
      });
      break;
    case 'packing': {
      const orderId = [...state.orders.keys()][one.which] ?? 'none';
      await call('updatePackingStatus', { orderId, packingStatus: one.packingStatus });
      break;
    }
    case 'staff':
      await admin('POST', `/inventory-orders/${[...state.inventoryOrders.keys()][one.which] ?? 0}/${one.action}`);
      break;
    case 'order': {
      const ordered = one.items.map(({ sku, qty }) => ({ sku, quantity: qty }));
      await admin('POST', '/orders', { location: one.location, items: ordered });
      break;
    }
    case 'orderStep':
      await admin('POST', `/orders/${[...state.orders.keys()][one.which] ?? 'none'}/${one.action}`);
      break;
    case 'orderCall': {
      const existing = [...state.orders.values()][one.which];
      const orderId = existing?.orderId ?? `SO-${one.which}`;
      const lines = one.items.map(({ sku, qty }) => ({ sku, quantity: qty, price: 1 }));
      const fields = { ...order, orderId, pickupLocationCode: one.location, ...(lines.length > 0 && { items: lines }) };
      const back = one.items.map(({ sku, qty }) => ({ sku, quantity: String(qty) }));
      const named = { orderId };
      const params = {
        createOrder: fields,
        updateOrder: fields,
        cancelOrder: named,
        holdOrder: { orderId, onHoldReason: 'x', onHoldReasonLang: 'en' },
        unHoldOrder: named,
        createShipment: named,
        cancelShipment: { orderId, shipmentId: existing?.shipment?.id ?? 'none' },
        createReturnShipment: { orderId, ...(back.length > 0 && { items: back }) },
        updateOrderStatus: { orderIds: [existing?.id ?? 1], status: one.status },
      };
      await call(one.name, params[one.name]);
      break;
    }
    case 'report':
      await admin('POST', `/orders/${[...state.orders.keys()][one.which] ?? 'none'}/status`, { status: one.status });
      break;
    case 'import':
      await admin('POST', '/stock', { sku: one.sku, location: one.location, onHand: one.quantity });
      break;
    case 'switches':
      await admin('PUT', '/switches', { onHandFallsAt: one.onHandFallsAt });
  }
}

interface Row {
  readonly sku: string;
  readonly location: string;
  readonly onHand: number;
  readonly reserved: number;
  readonly incoming: number;
  readonly outgoing: number;
  readonly forecasted: number;
}
const keyOf = (row: Row) => `${row.sku}@${row.location}`;
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

/** Counted from the orders alone, so that it shares nothing with the code that keeps the sums. */
function expectSums({ simulator }: Client, row: Row, withOrders: boolean): void {
  const open = (action: string) =>
    [...simulator.state.inventoryOrders.values()]
      .filter((order) => order.action === action && order.locationCode === row.location)
      .filter(({ status, moved }) => !moved && (status === 'new' || status === 'accepted'))
      .filter(({ unlinked }) => !unlinked.includes(row.sku))
      .flatMap(({ items }) => items.filter((item) => item.sku === row.sku).map(({ qty }) => qty));
  const held = [...simulator.state.orders.values()]
    .filter((order) => order.location === row.location && !order.fulfilled && order.status !== 'canceled')
    .flatMap(({ items }) =>
      items.filter((item) => item.sku === row.sku && item.productId !== undefined).map(({ quantity }) => quantity),
    );
  const expected = { reserved: sum(held), incoming: sum(open('inbound')), outgoing: sum(open('outbound')) };
  expect({ reserved: row.reserved, incoming: row.incoming, outgoing: row.outgoing }).toEqual(expected);
  const orders = withOrders ? row.incoming - row.outgoing : 0;
  expect(row.forecasted).toBe(row.onHand - row.reserved + orders);
}

/** Which steps may move on hand at all. */
const moves = new Set<Step['do']>(['stock', 'staff', 'packing', 'orderStep', 'import', 'orderCall', 'report']);

test('whatever OTO and its people do, the sums hold, a refused call changes nothing, and the log tells each effect', async () => {
  await fc.assert(
    fc.asyncProperty(switches, fc.array(step, { maxLength: 40, size: 'max' }), async (values, steps) => {
      await using client = await start({ switches: values });
      const { simulator, admin } = client;
      // Two products from the start, else most walks would be refusals only.
      simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }] });
      let before = (await admin('GET', '/state')).body;
      for (const one of steps) {
        const seen = simulator.requests.list().length;
        await take(client, one);
        const after = (await admin('GET', '/state')).body;
        const [record] = simulator.requests
          .list()
          .slice(seen)
          .filter(({ endpoint }) => endpoint !== 'refreshToken');
        if (record !== undefined && !record.effect) expect(plain(after)).toEqual(plain(before));
        if (record !== undefined) expect(record.effect && record.status !== 200).toBe(false);
        const onHand = new Map<string, number>(before.stock.map((row: Row) => [keyOf(row), row.onHand]));
        for (const row of after.stock as Row[]) {
          expectSums(client, row, simulator.switches.values.forecastIncludesInventoryOrders);
          const atOnce = one.do === 'inventoryOrder' && values.inventoryOrderStock === 'created';
          if (!moves.has(one.do) && !atOnce) expect(row.onHand).toBe(onHand.get(keyOf(row)) ?? 0);
        }
        before = after;
      }
      const effects = (endpoint: string) => simulator.requests.list({ endpoint, effect: true });
      const { state } = simulator;
      expect(effects('createProduct').map(({ effectId }) => effectId)).toEqual(
        state.productList.slice(2).map(({ productId }) => productId),
      );
      expect(effects('createInventoryOrder').map(({ effectId }) => effectId)).toEqual([
        ...state.inventoryOrders.keys(),
      ]);
      const transactions = [...state.figures.all()]
        .flatMap((row) => [...row.past, row.now])
        .filter(({ cause }) => cause === 'set' || cause === 'adjust')
        .map(({ reference }) => Number(reference));
      expect(effects('updateStockQuantity').map(({ effectId }) => effectId)).toEqual(
        transactions.sort((a, b) => a - b),
      );
    }),
    { numRuns: 120, interruptAfterTimeLimit: 15_000 },
  );
});

function plain({ tokens: _, ...account }: Record<string, unknown>): unknown {
  return account;
}
