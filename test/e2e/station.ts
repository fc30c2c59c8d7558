/** A warehouse: the real worker, a simulated OTO, staff with accounts and orders to pick. */

import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { type App, openApp } from '../../src/app.ts';
import { runFlow } from '../../src/engine/run.ts';
import { addStaff } from '../../src/engine/staff.ts';
import { createPasswords } from '../../src/engine/staff-passwords.ts';
import { flows } from '../../src/flows/index.ts';
import type { StaffRole } from '../../src/model/station.ts';
import { freePort } from '../real/free-port.ts';
import { type Command, openSite, type Site, until } from '../support/process.ts';
import { startBrowser } from './browser.ts';
import { Screen } from './screen.ts';

export interface Person {
  readonly name: string;
  readonly role: StaffRole;
  readonly pin: string;
  readonly locations: readonly string[];
}

const here = ['RUH1'];
export const people = {
  sara: { name: 'Sara', role: 'picker', pin: '482915', locations: here },
  omar: { name: 'Omar', role: 'picker', pin: '739264', locations: here },
  huda: { name: 'Huda', role: 'supervisor', pin: '915837', locations: here },
  noura: { name: 'Noura', role: 'admin', pin: '628409', locations: [] },
} as const satisfies Record<string, Person>;

/** SKU to name and barcode. */
export const goods = {
  DATES: { name: 'Sukkari dates 500 g', barcode: '6281000000014' },
  COFFEE: { name: 'قهوة عربية ٢٥٠ غ', barcode: '426326' },
  HONEY: { name: '<img src=x onerror=window.harmed=1><script>window.harmed=1</script>', barcode: '6281000000038' },
} as const;

export interface Station {
  readonly site: Site;
  readonly url: string;
  /** An order's number that was not used yet: a test may have to be tried again. */
  fresh(name: string): string;
  /** Customers order in OTO, and the station shows it. Orders are `[id, { SKU: quantity }]`. */
  orders(...orders: readonly (readonly [string, Partial<Record<keyof typeof goods, number>>])[]): Promise<void>;
  /** Reads OTO's list now instead of at the next minute. */
  pull(): Promise<void>;
  /** How often an action took effect on an order, as the server wrote it down. */
  recorded(order: string, type: string): Promise<number>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** A device of its own, with nobody signed in. `script` runs before the page's own: it takes something away from the browser, or adds it. */
  device(options?: BrowserContextOptions, script?: string): Promise<Screen>;
  /** A device on which somebody has signed in. */
  open(person: Person, options?: BrowserContextOptions, script?: string): Promise<Screen>;
}

/** Call once, at the top level of a test file. */
export function openStation(): Station {
  const ends: (() => Promise<unknown>)[] = [];
  let built: { site: Site; url: string; app: App; browser: Browser } | undefined;
  let worker: Command | undefined;
  let numbers = 0;
  const there = () => {
    if (built === undefined) throw new Error('The station is there from beforeAll on.');
    return built;
  };

  beforeAll(async () => {
    const port = await freePort();
    const site = await openSite({
      onEnd: (end) => {
        ends.push(async () => end(undefined as never));
      },
      config: {
        http: { port },
        locations: [
          { oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'] },
          { oto: 'JED1', source: 'erp', erp: ['JED-MAIN'] },
        ],
        flows: { products: { from: 'erp' }, packing: { undoSeconds: 2 } },
        oto: { timeoutSeconds: 2, probeSeconds: 0.3 },
        push: { leaseSeconds: 4, waitMinutes: 0.5 },
      },
    });
    const browser = await startBrowser();
    ends.push(() => browser.close());
    const app = await openApp({ configFile: site.configFile, env: {}, who: 'test', logLevel: 'silent' });
    ends.push(() => app.close());
    built = { site, app, browser, url: `http://127.0.0.1:${port}/station/` };
    const passwords = createPasswords();
    for (const person of Object.values(people)) await addStaff({ db: site.db, passwords, by: 'test' }, person);
    await site.erp.products(
      Object.entries(goods).map(([sku, { name, barcode }]) => ({ sku, name, barcode, price: '10' })),
    );
    const synced = await site.sync('products');
    if (synced.status !== 'done') throw new Error(JSON.stringify(synced));
    for (const sku of Object.keys(goods)) site.simulator.staff.setOnHand(sku, 'RUH1', 1000);
    await station.start();
  });
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });

  const station: Station = {
    get site() {
      return there().site;
    },
    get url() {
      return there().url;
    },
    fresh(name) {
      numbers += 1;
      return `${name}-${numbers}`;
    },
    async orders(...orders) {
      const { staff } = there().site.simulator;
      for (const [orderId, items] of orders) {
        staff.createOrder({
          orderId,
          location: 'RUH1',
          items: Object.entries(items).map(([sku, quantity]) => ({ sku, quantity })),
        });
        staff.readyOrder(orderId);
      }
      await station.pull();
    },
    async pull() {
      // In this process: a command would take a second each time.
      const options = { mode: 'sync', trigger: 'test', filter: {}, signal: AbortSignal.timeout(30_000) } as const;
      const { run } = await runFlow(there().app.bridge, flows.packing, options);
      if (run.status !== 'done') throw new Error(`packing: ${run.status}`);
    },
    async recorded(order, type) {
      const rows = await there().site.db.query(
        `select id from station_action where order_id = $1 and type = $2 and result = 'done'`,
        [order, type],
      );
      return rows.length;
    },
    async stop() {
      worker?.signal('SIGTERM');
      await worker?.ended;
    },
    async start() {
      const started = there().site.start('run', '--log-level', 'warn');
      worker = started;
      await until('the worker', () => started.stdout.includes('\n') || !started.running);
      if (!started.running) throw new Error(started.stderr);
    },
    async device(options = {}, script = '') {
      const { browser, url } = there();
      const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 360, height: 740 }, ...options });
      await context.addInitScript({ content: script });
      return Screen.open(context, url);
    },
    async open(person, options, script) {
      const screen = await station.device(options, script);
      await screen.signIn(person);
      return screen;
    },
  };
  return station;
}
