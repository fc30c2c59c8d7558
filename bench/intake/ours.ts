/** Our side, in a process of its own: from the first look at the file to the plan with its guards. */
import { openApp } from '../../src/app.ts';
import type { Bridge, RunContext } from '../../src/engine/context.ts';
import { intakeStock } from '../../src/engine/intake-stock.ts';
import { quiet } from '../../src/engine/progress.ts';
import { scopeOf } from '../../src/engine/stock-scope.ts';
import { compareFigures } from '../../src/flows/stock.ts';
import { one } from '../../src/store/queryable.ts';
import { noCounts, startRun } from '../../src/store/runs.ts';
import type { Task } from './data.ts';

/** Before every figure in the database, which counts as read just now. */
const readSince = new Date(0);

async function plan(bridge: Bridge, task: Task): Promise<number> {
  const run = await startRun(bridge.db, { flow: 'stock', source: 'erp', trigger: 'bench', holder: 'bench' });
  const tally = noCounts();
  const context: RunContext = {
    ...bridge,
    run,
    filter: {},
    progress: quiet,
    signal: AbortSignal.timeout(600_000),
    tally,
    notes: [],
    signs: new Map(),
    note: (note) => {
      throw new Error(note.message);
    },
  };
  const started = performance.now();
  const read = await intakeStock(context, 'erp');
  if (read === undefined) throw new Error('nothing was read');
  const intakeDone = performance.now();
  const scope = await scopeOf(context, 'erp', read.snapshot);
  if (scope === undefined) throw new Error('nothing to compare');
  const planId = await compareFigures(context, 'erp', read.snapshot, scope, readSince);
  const seconds = (performance.now() - started) / 1000;
  if (process.env.BENCH_PARTS !== undefined) {
    process.stderr.write(`intake ${((intakeDone - started) / 1000).toFixed(3)} s of ${seconds.toFixed(3)} s\n`);
  }
  const items = await one<{ free: number; all: number }>(
    bridge.db,
    'select count(*) filter (where held is null) as free, count(*) as all from plan_item where plan_id = $1',
    [planId],
  );
  const found = [tally.read, tally.saved, items.free, items.all].map(Number).join();
  const expected = [task.lines, task.lines - task.changes, task.changes, task.changes].join();
  if (found !== expected) throw new Error(`read, equal, planned: ${found} instead of ${expected}`);
  return seconds;
}

const task = JSON.parse(process.argv[2] ?? '{}') as Task;
const app = await openApp({ configFile: task.configFile, env: {}, who: 'bench', logLevel: 'error' });
// The orders of OTO are asked for where figures would be raised. Only its answer is left out of the measurement.
const oto = { ...app.bridge.oto, read: async () => ({ orders: [] }) } as unknown as Bridge['oto'];
const bridge = { ...app.bridge, oto };
for (let round = 0; round < task.warmUps; round += 1) await plan(bridge, task);
const seconds = await plan(bridge, task);
const rssMb = process.resourceUsage().maxRSS / 1024;
await app.close();
process.stdout.write(`${JSON.stringify({ seconds, rssMb })}\n`);
