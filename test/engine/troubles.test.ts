import { expect, test } from 'vitest';
import { resolveOperation } from '../../src/engine/resolve.ts';
import type { OperationKind } from '../../src/model/index.ts';
import { createOperations, type NewOperation } from '../../src/store/operation-steps.ts';
import { listOperations, type Operation, operationEvents } from '../../src/store/operations.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';
import { type Instead, openFront, type Passed } from '../support/front.ts';
import { until } from '../support/process.ts';

const coded = (code: string, status = 400, headers: Record<string, string> = {}): Instead => ({
  status,
  headers,
  body: JSON.stringify({ success: false, otoErrorCode: code, otoErrorMessage: 'not now' }),
});
const gateway = (status: number): Instead => ({ status, body: JSON.stringify({ message: 'no', code: status }) });

/** The call did not reach OTO, or OTO says that it has not taken it: it goes again, of whatever kind it is. */
const notLanded: Readonly<Record<string, Instead>> = {
  '401': gateway(401),
  '403': gateway(403),
  '429': { ...gateway(429), headers: { 'retry-after': '0' } } as Instead,
  OTO1143: coded('OTO1143', 400, { 'retry-after': '0' }),
  'OTO1143 with 429': coded('OTO1143', 429, { 'retry-after': '0' }),
  // It asks for a minute; a header that asks for less counts.
  OTO1105: coded('OTO1105', 400, { 'retry-after': '0' }),
  OTO1211: coded('OTO1211'),
};
/** Nobody knows. */
const unknown: Readonly<Record<string, Instead>> = {
  '500': gateway(500),
  '502': { status: 502, body: '<html>Bad Gateway</html>' },
  '503': { status: 503, body: '' },
  '504': gateway(504),
  OTO1009: coded('OTO1009'),
  'torn JSON': { status: 200, body: '{"success":tr' },
  reset: { reset: true },
  'time-out': { hang: true },
};
const troubles = new Map<string, Instead>([
  ...Object.entries(notLanded),
  ...Object.entries(unknown),
  ...Object.entries(unknown).map(
    ([name, instead]) => [`${name} after it landed`, { ...instead, after: true }] as const,
  ),
]);

const kinds = ['stock-set', 'product-create', 'inventory-order', 'packing-status'] as const;
const endpoints = {
  'stock-set': 'updateStockQuantity',
  'product-create': 'createProduct',
  'inventory-order': 'createInventoryOrder',
  'packing-status': 'updatePackingStatus',
} as const;

/** One operation of each kind for each trouble, named after it. */
function operationsOf(name: string): NewOperation[] {
  const sku = `stock/${name}`;
  return [
    {
      kind: 'stock-set',
      flow: 'stock',
      key: `RUH1\t${sku}`,
      lane: 'lowering',
      sku,
      location: 'RUH1',
      request: { sku, locationCode: 'RUH1', actionType: 'set', qty: 4 },
      precondition: { onHand: 5, wanted: 4 },
    },
    {
      kind: 'product-create',
      flow: 'products',
      key: `product/${name}`,
      lane: 'products',
      sku: `product/${name}`,
      request: { sku: `product/${name}`, productName: name, price: '10' },
    },
    {
      kind: 'inventory-order',
      flow: 'documents',
      key: `order/${name}`,
      lane: 'documents',
      location: 'RUH1',
      request: {
        action: 'inbound',
        locationCode: 'RUH1',
        waybillNumber: `order/${name}`,
        items: [{ sku: 'stock/401', qty: 1 }],
      },
    },
    {
      kind: 'packing-status',
      flow: 'packing',
      key: `pack/${name}\tpicked`,
      lane: 'packing',
      location: 'RUH1',
      orderId: `pack/${name}`,
      request: { orderId: `pack/${name}`, packingStatus: 'picked' },
      precondition: { packingStatus: null },
    },
  ];
}

/** What a call is about: the name of its trouble, where it is a write. */
function subjectOf({ endpoint, body }: Passed): string | undefined {
  if (!Object.values(endpoints).some((write) => write === endpoint)) return undefined;
  const { waybillNumber, orderId, sku } = JSON.parse(body) as Record<string, string>;
  return waybillNumber ?? orderId ?? sku;
}

async function openTroubled() {
  const front = await openFront();
  const bridge = await openBridge({
    config: {
      // High enough that what is left of it, after OTO has asked for less again and again, is no wait.
      oto: { baseUrl: front.baseUrl, requestsPerSecond: 5000, probeSeconds: 0.2, timeoutSeconds: 1.5 },
      push: { leaseSeconds: 5 },
    },
  });
  const { simulator } = bridge;
  front.target = simulator.url;
  const names = [...troubles.keys()];
  simulator.seed({
    products: names.map((name) => ({ sku: `stock/${name}` })),
    stock: names.map((name) => ({ sku: `stock/${name}`, location: 'RUH1', onHand: 5 })),
  });
  for (const name of names) {
    simulator.staff.createOrder({
      orderId: `pack/${name}`,
      location: 'RUH1',
      items: [{ sku: 'stock/401', quantity: 1 }],
      status: 'assignedToWarehouse',
    });
  }
  return { front, bridge };
}

async function queue({ app, db }: TestBridge, operations: readonly NewOperation[]): Promise<void> {
  await db.tx(async (tx) => {
    const ids = await createOperations(tx, operations, 'test');
    const queued = ids.flatMap((id, index) => (id === undefined ? [] : [{ id, lane: operations[index]?.lane ?? 0 }]));
    await app.bridge.jobs.enqueue(tx, queued);
  });
}

const open = ['ready', 'waiting', 'sending', 'unknown'] as const;
const nameOf = ({ key }: Operation) => key.replace(/^[^/]*\//, '').replace(/\t.*/, '');

test('every trouble with every kind of call: what did not land goes again, what is unknown is proven or parked, and nothing twice', {
  timeout: 60_000,
}, async () => {
  const { front, bridge } = await openTroubled();
  const struck = new Set<string>();
  front.instead = (call) => {
    const subject = subjectOf(call);
    if (subject === undefined || struck.has(subject)) return undefined;
    struck.add(subject);
    return troubles.get(subject.slice(subject.indexOf('/') + 1));
  };
  await queue(
    bridge,
    [...troubles.keys()].flatMap((name) => operationsOf(name)),
  );
  await until('all of them', async () => (await listOperations(bridge.db, { states: open })).length === 0, 50);

  const calls = (operation: Operation) =>
    front.passed.filter((call) => {
      const subject = subjectOf(call);
      return (
        subject !== undefined &&
        call.endpoint === endpoints[operation.kind as (typeof kinds)[number]] &&
        subject.endsWith(`/${nameOf(operation)}`)
      );
    }).length;
  const seen: Record<string, string> = {};
  const expected: Record<string, string> = {};
  const operations = await listOperations(bridge.db, { limit: 1000 });
  expect(operations).toHaveLength(troubles.size * kinds.length);
  const repeated: Readonly<Partial<Record<OperationKind, string>>> = {
    'stock-set': 'landed read-back, 1',
    // The repeat is the question.
    'product-create': 'landed natural-key, 2',
    'packing-status': 'landed read-back, 1',
  };
  for (const operation of operations) {
    const name = nameOf(operation);
    const what = `${operation.kind}: ${name}`;
    seen[what] = `${operation.state} ${operation.evidence}, ${calls(operation)}`;
    expected[what] =
      name in notLanded
        ? 'landed answer, 2'
        : operation.kind === 'inventory-order'
          ? 'parked null, 1'
          : name in unknown
            ? 'landed answer, 2'
            : (repeated[operation.kind] ?? '');
  }
  expect(seen).toEqual(expected);
  for (const endpoint of Object.values(endpoints)) {
    const effects = bridge.simulator.requests.list({ endpoint, effect: true, limit: 1000 });
    const subjects = effects.map(({ params }) => params?.waybillNumber ?? params?.orderId ?? params?.sku);
    expect(subjects.length, endpoint).toBe(new Set(subjects).size);
  }

  // Time-out after commit on create order: a person finds it by its waybill number, and there is one order.
  const { inventoryOrders } = bridge.simulator.state;
  const found = (number: unknown) =>
    [...inventoryOrders.values()].filter(({ waybillNumber }) => waybillNumber === number);
  for (const { id, request } of await listOperations(bridge.db, { states: ['parked'], limit: 1000 }))
    await resolveOperation(bridge.app.bridge, id, found(request.waybillNumber).length > 0 ? 'landed' : 'resend', {});
  await until(
    'all decided',
    async () => (await listOperations(bridge.db, { states: [...open, 'parked'] })).length === 0,
  );
  for (const name of troubles.keys()) expect(found(`order/${name}`), name).toHaveLength(1);
});

test('nobody there, no such name, no TLS: nothing has been sent, no try is used up, and each call is made once when OTO is back', {
  timeout: 60_000,
}, async () => {
  const { front, bridge } = await openTroubled();
  await bridge.reopen({ oto: { baseUrl: 'http://127.0.0.1:9/rest/v2/' } });
  await queue(bridge, operationsOf('401'));
  const reasons = async () => {
    const operations = await listOperations(bridge.db, {});
    const events = await Promise.all(operations.map(({ id }) => operationEvents(bridge.db, id)));
    return {
      operations,
      whys: events.map((some) => some.filter(({ from }) => from === 'sending').map(({ why }) => why)),
    };
  };
  const said = (text: RegExp) =>
    until(`${text}`, async () => (await reasons()).whys.every((some) => some.some((why) => text.test(why))));
  await said(/not taken \(connect\).*ECONNREFUSED/);
  await bridge.reopen({ oto: { baseUrl: 'http://oto.invalid/rest/v2/' } });
  await said(/not taken \(connect\).*(ENOTFOUND|EAI_AGAIN)/);
  await bridge.reopen({ oto: { baseUrl: front.baseUrl.replace('http:', 'https:') } });
  await said(/not taken \(connect\).*(SSL|TLS|wrong version|EPROTO)/i);
  const { operations } = await reasons();
  expect(operations.map(({ state, attempts }) => `${state} ${attempts}`)).toEqual(operations.map(() => 'ready 0'));
  expect(front.passed).toEqual([]);
  await bridge.reopen({ oto: { baseUrl: front.baseUrl } });
  await until('all landed', async () => (await listOperations(bridge.db, { states: ['landed'] })).length === 4);
  expect(front.passed.map(subjectOf).filter((subject) => subject !== undefined)).toHaveLength(4);
});
