import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type {
  StaffRole,
  StationAction,
  StationList,
  StationOrderDetail,
  StationResult,
} from '../../src/model/station.ts';
import { type BridgeOptions, openBridge, type TestBridge } from '../support/bridge.ts';
import { until } from '../support/process.ts';
import { httpOf } from './harness.ts';
import { type Browser, browserAt, hire } from './staff-harness.ts';

type What = Omit<StationAction, 'id' | 'at' | 'order'> & Readonly<Record<string, unknown>>;

/** Somebody at the station, with a device. */
export interface Person {
  readonly id: number;
  readonly browser: Browser;
  /** One action, with an id of its own unless one is given. */
  act(order: string, what: What | string, id?: string): Promise<StationResult>;
  acts(actions: readonly object[]): Promise<{ status: number; results: StationResult[] }>;
  list(query?: string): Promise<StationList>;
  order(id: string): Promise<StationOrderDetail>;
}

export const lines = [
  { sku: 'A', quantity: 2 },
  { sku: 'B', quantity: 1 },
];

export interface Station {
  readonly bridge: TestBridge;
  readonly origin: string;
  /** The server that serves it. */
  readonly http: { close(graceMs: number): Promise<void> };
  person(name: string, role?: StaffRole, locations?: readonly string[]): Promise<Person>;
  /** A customer's order that is ready for packing, listed here. */
  orders(...ids: readonly string[]): Promise<void>;
  /** Until what is shown of an order fits. */
  shown(who: Person, order: string, fits: (order: StationOrderDetail) => boolean): Promise<StationOrderDetail>;
  /** Starts serving anew, as another worker would. */
  again(): Promise<string>;
}

export async function openStation(
  packing: Readonly<Record<string, unknown>> = {},
  options: BridgeOptions = {},
): Promise<Station> {
  const bridge = await openBridge({
    ...options,
    config: {
      oto: { settleSeconds: 0.5 },
      flows: { packing: { undoSeconds: 0, ...packing }, products: undefined, stock: undefined, documents: undefined },
      http: { port: 0 },
      ...options.config,
    },
  });
  bridge.simulator.seed({ products: [{ sku: 'A', barcode: '6281000000011' }, { sku: 'B' }, { sku: 'C' }], stock: 500 });
  let http = await httpOf(bridge);
  return {
    bridge,
    get origin() {
      return http.origin;
    },
    get http() {
      return http;
    },
    async person(name, role, locations) {
      const id = await hire(bridge, name, '480213', role, locations);
      const browser = browserAt(http.origin);
      await browser.signIn(name, '480213');
      return personAt(browser, id);
    },
    async orders(...ids) {
      for (const orderId of ids) place(bridge, orderId);
      await bridge.sync('packing');
    },
    async shown(who, order, fits) {
      let seen: StationOrderDetail | undefined;
      await until(`${order} as it should be`, async () => {
        seen = await who.order(order);
        return fits(seen);
      });
      return seen as StationOrderDetail;
    },
    async again() {
      http = await httpOf(bridge);
      return http.origin;
    },
  };
}

/** The time for an undo is over, and so is the wait of what could not be sent: every job may be taken now. */
export async function letTimePass({ db }: TestBridge): Promise<void> {
  await db.query(`update operation set not_before = now() where state = 'ready'`);
  await db.query(`update ${db.schema}_jobs.job set start_after = now() where state in ('created', 'retry')`);
}

/** Takes an order, counts all of it, and says that it is picked. */
export async function pickWhole(who: Person, ...orders: readonly string[]): Promise<void> {
  for (const order of orders) {
    const { order: claimed } = await who.act(order, 'claim');
    for (const { sku, quantity } of claimed?.items ?? [])
      await who.act(order, { type: 'count', sku, counted: quantity });
    const { result, message } = await who.act(order, 'pick');
    if (result !== 'done') throw new Error(`${order} could not be picked: ${message}`);
  }
}

export function place(
  bridge: TestBridge,
  orderId: string,
  location = 'RUH1',
  items: { sku: string; quantity: number }[] = lines,
): void {
  bridge.simulator.staff.createOrder({ orderId, location, items, status: 'assignedToWarehouse' });
}

export function personAt(browser: Browser, id: number): Person {
  const person: Person = {
    id,
    browser,
    async act(order, what, actionId = randomUUID()) {
      const action = typeof what === 'string' ? { type: what } : what;
      const { results } = await person.acts([{ id: actionId, order, at: new Date().toISOString(), ...action }]);
      const [result] = results;
      if (result === undefined) throw new Error(`no answer to ${action.type} of ${order}`);
      return result;
    },
    async acts(actions) {
      const { status, body } = await browser.ask('POST', '/station/api/actions', {
        body: { actions },
        headers: { 'x-csrf-token': browser.csrf },
      });
      return { status, results: (body as unknown as { results?: StationResult[] }).results ?? [] };
    },
    list: async (query = '') =>
      (await browser.ask('GET', `/station/api/orders?${query}`)).body as unknown as StationList,
    order: async (order) =>
      (await browser.ask('GET', `/station/api/orders/${encodeURIComponent(order)}`))
        .body as unknown as StationOrderDetail,
  };
  return person;
}

export interface Streamed {
  readonly event: string;
  readonly id: string;
  readonly data: { readonly id?: string; readonly state?: string; readonly version?: number };
}

/** Listens to the stream of events; `seen` grows. */
export async function listen(
  { browser }: Person,
  origin: string,
  query = '',
): Promise<{
  readonly seen: Streamed[];
  readonly status: number;
  readonly ended: Promise<void>;
  stop(): void;
}> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const response = await fetch(`${origin}/station/api/events?${query}`, {
    headers: { cookie: browser.cookie ?? '' },
    signal: stop.signal,
  });
  const seen: Streamed[] = [];
  const read = async () => {
    let text = '';
    for await (const part of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      const blocks = `${text}${part}`.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
        if (fields.event !== undefined)
          seen.push({ event: fields.event, id: fields.id, data: JSON.parse(fields.data) });
      }
    }
  };
  const ended = read().catch(() => undefined);
  return { seen, status: response.status, ended, stop: () => stop.abort() };
}
