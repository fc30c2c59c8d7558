import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { type App, openApp } from '../../src/app.ts';
import type { FlowName } from '../../src/config/schema.ts';
import type { RunFilter } from '../../src/engine/context.ts';
import { type RunResult, runFlow } from '../../src/engine/run.ts';
import { startWorking, type Work } from '../../src/engine/work.ts';
import { flows } from '../../src/flows/index.ts';
import {
  type RequestRecord,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/index.ts';
import { adopt } from '../../src/store/adoptions.ts';
import type { Database } from '../../src/store/db.ts';
import { type Plan, type PlanItem, planItems } from '../../src/store/plans.ts';
import { cloneDatabase } from './database.ts';
import { schema } from './database-names.ts';
import { ErpFolder } from './erp.ts';
import { erpFiles, simulatedOto } from './site-config.ts';

type Tree = { readonly [key: string]: unknown };

export interface BridgeOptions {
  /** Laid over the configuration, key by key; lists are replaced. */
  readonly config?: Tree;
  /** Laid over each location of the configuration. */
  readonly location?: Tree;
  readonly simulator?: Omit<SimulatorOptions, 'now'>;
  /** Accept every starting state at once. Default: yes. */
  readonly adopt?: boolean;
  /** Takes over the ending, for a test that opens many. Default: at the end of the test. */
  readonly onEnd?: (end: () => Promise<void>) => void;
}

/** One bridge beside one simulated OTO and one ERP folder, for one test. Everything ends with the test. */
export interface TestBridge {
  readonly app: App;
  readonly db: Database;
  readonly erp: ErpFolder;
  readonly simulator: Simulator;
  /** The clock of OTO, apart from ours: milliseconds that it is ahead. */
  readonly otoClock: { ahead: number };
  readonly configFile: string;
  sync(flow: FlowName, filter?: RunFilter): Promise<RunResult>;
  /** Plans without sending; the items come along. */
  plan(flow: FlowName, filter?: RunFilter): Promise<RunResult & { items: PlanItem[] }>;
  apply(flow: FlowName, plan: Plan | number | undefined): Promise<RunResult>;
  adopt(...only: FlowName[]): Promise<void>;
  /** Closes the bridge and opens it again with another configuration laid over the first. */
  reopen(config?: Tree): Promise<void>;
  /** Calls that the simulator has received, since `forget` where that was called. */
  calls(endpoint: string): RequestRecord[];
  forget(): void;
  onHand(sku: string, location?: string): number | undefined;
  /** Every figure that on hand has had, oldest first. */
  history(sku: string, location?: string): number[];
  items(plan: Plan | undefined): Promise<PlanItem[]>;
}

export async function openBridge(options: BridgeOptions = {}): Promise<TestBridge> {
  const undo: (() => Promise<unknown>)[] = [];
  (options.onEnd ?? onTestFinished)(async () => {
    for (const step of undo.reverse()) await step();
  });
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-story-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const database = await cloneDatabase(inject('databaseServer'));
  undo.push(() => database.drop());
  const otoClock = { ahead: 0 };
  const simulator = await startSimulator({
    ...options.simulator,
    now: () => performance.timeOrigin + performance.now() + otoClock.ahead,
  });
  undo.push(() => simulator.close());

  const configFile = join(folder, 'bridge.yaml');
  let app: App;
  let work: Work;
  const open = async (over: Tree) => {
    const base = merge(defaults(simulator.baseUrl, database.url), over);
    const locations = (base.locations as Tree[]).map((location) => merge(location, options.location ?? {}));
    await writeFile(configFile, stringify({ ...base, locations }));
    app = await openApp({ configFile, env: {}, who: 'test', logLevel: 'silent' });
    work = await startWorking(app.bridge);
  };
  const close = async () => {
    await work.stop(2000);
    await app.close();
  };
  await open(options.config ?? {});
  undo.push(() => close());

  let seen = 0;
  const run = (flow: FlowName, mode: Parameters<typeof runFlow>[2]['mode'], filter: RunFilter = {}) =>
    runFlow(app.bridge, flows[flow], { mode, trigger: 'test', filter, signal: AbortSignal.timeout(60_000) });

  const bridge: TestBridge = {
    get app() {
      return app;
    },
    get db() {
      return app.bridge.db;
    },
    erp: new ErpFolder(join(folder, 'erp')),
    simulator,
    otoClock,
    configFile,
    sync: (flow, filter) => run(flow, 'sync', filter),
    async plan(flow, filter) {
      const result = await run(flow, 'plan', filter);
      return { ...result, items: await bridge.items(result.plan) };
    },
    apply: (flow, plan) => run(flow, { applyPlan: typeof plan === 'number' ? plan : (plan?.id ?? 0) }),
    async adopt(...only) {
      for (const flow of Object.values(flows)) {
        if (only.length > 0 && !only.includes(flow.name)) continue;
        for (const location of flow.adoptable(app.bridge.config)) {
          await adopt(app.bridge.db, { flow: flow.name, location, by: 'test', baseline: {} });
        }
      }
    },
    async reopen(config = {}) {
      await close();
      await open(merge(options.config ?? {}, config));
    },
    calls: (endpoint) => simulator.requests.list({ endpoint, after: seen }),
    forget: () => {
      seen = simulator.requests.list({ limit: 1 })[0]?.seq ?? seen;
    },
    onHand: (sku, location = 'RUH1') => simulator.state.figures.find(sku, location)?.now.onHand,
    history: (sku, location = 'RUH1') => {
      const row = simulator.state.figures.find(sku, location);
      return row === undefined ? [] : [...row.past, row.now].map((figure) => figure.onHand);
    },
    items: async (plan) =>
      plan === undefined ? [] : (await Array.fromAsync(planItems(app.bridge.db, plan.id))).flat(),
  };
  if (options.adopt !== false) await bridge.adopt();
  return bridge;
}

function defaults(baseUrl: string, url: string): Tree {
  return {
    timezone: 'Asia/Riyadh',
    oto: simulatedOto(baseUrl, { timeoutSeconds: 1 }),
    database: { url, schema },
    sources: erpFiles({}, { units: { PCS: '1', CTN: '12' } }),
    locations: [
      { oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN', 'RUH-BACK'] },
      { oto: 'JED1', source: 'erp', erp: ['JED-*'] },
    ],
    flows: {
      products: { from: 'erp' },
      stock: { from: 'erp' },
      documents: { from: 'erp', startFrom: daysAgo(30) },
    },
    // Stories have few SKUs: a change of most of them is the story, unless it is about the guards.
    guards: { shareMinimum: 1000 },
    push: { leaseSeconds: 3, waitMinutes: 0.3 },
    log: { level: 'silent' },
  };
}

/** A date as documents write it. */
export function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

/** The plan items, short: `RUH1 A 5→7`, with the rule that holds each back. */
export function short(items: readonly PlanItem[]): string[] {
  return items.map((item) => {
    const where = item.location === null ? '' : `${item.location} `;
    const what = item.kind === 'stock' ? `${item.sku} ${item.from ?? '-'}→${item.to}` : item.key;
    return `${where}${what}${item.held === null ? '' : ` (${item.held})`}`;
  });
}

function merge(base: Tree, over: Tree): Tree {
  const isTree = (value: unknown): value is Tree =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.fromEntries(
    [...new Set([...Object.keys(base), ...Object.keys(over)])]
      .map((key) => {
        const [mine, theirs] = [base[key], over[key]];
        return [key, isTree(mine) && isTree(theirs) ? merge(mine, theirs) : key in over ? theirs : mine] as const;
      })
      .filter(([, value]) => value !== undefined),
  );
}
