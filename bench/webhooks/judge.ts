/** What a storm has left behind, and whether it is what it must be. */
import type { Simulator } from '../../src/simulator/index.ts';
import type { Database } from '../../src/store/db.ts';
import { one } from '../../src/store/queryable.ts';
import type { plan, StormResult } from './storm.ts';

export interface Verdict {
  readonly stored: number;
  readonly repeats: number;
  readonly late: number;
  readonly orders: number;
  /** Looks at orders in OTO. */
  readonly looks: number;
  readonly erpTold: number;
  readonly refused: number;
  readonly faults: readonly string[];
}

/** True when every event has had its effect. */
export async function isSettled(db: Database): Promise<boolean> {
  const { open } = await one<{ open: number }>(
    db,
    `select (select count(*)::int from webhook_event where state = 'received') as open`,
  );
  return open === 0;
}

/** `packed`: orders that OTO shows as packed, of which the ERP must hear once each. */
export async function judge(
  db: Database,
  simulator: Simulator,
  sent: ReturnType<typeof plan>,
  result: Pick<StormResult, 'right' | 'forged'>,
  { packed, metrics }: { readonly packed: ReadonlySet<string>; readonly metrics: string },
): Promise<Verdict> {
  const right = sent.filter(({ kind }) => kind !== 'forged');
  const bodies = new Set(right.map(({ body }) => body));
  const named = new Set([...bodies].map((body) => (JSON.parse(body) as { orderId: string }).orderId));
  const rows = await db.query<{ body: Buffer; repeats: number; late: boolean; state: string }>(
    'select body, repeats, late, state from webhook_event',
  );
  const told = await db.query<{ key: string }>(`select key from operation where kind = 'erp-command'`);
  const looks = simulator.requests.counts().orderDetails?.calls ?? 0;
  const refused = [...metrics.matchAll(/webhook_events_total\{[^}]*result="refused"\} (\d+)/g)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
  const wanted = [...named].filter((id) => packed.has(id)).length;
  const forged = sent.length - right.length;
  const faults: string[] = [];
  const must = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault);
  };
  must(result.right['200'] === right.length, `not every right one was taken: ${JSON.stringify(result.right)}`);
  must(result.forged['401'] === forged, `not every forged one was refused: ${JSON.stringify(result.forged)}`);
  must(refused === forged, `${refused} were counted as refused, of ${forged}`);
  must(rows.length === bodies.size, `${rows.length} are stored, of ${bodies.size}`);
  must(
    rows.every(({ body }) => bodies.has(body.toString())),
    'something is stored that was not sent',
  );
  const repeats = rows.reduce((sum, row) => sum + row.repeats, 0);
  must(repeats === right.length - bodies.size, `${repeats} repetitions are counted, of ${right.length - bodies.size}`);
  must(
    rows.every(({ state }) => state === 'done'),
    'not every event had its effect',
  );
  must(
    new Set(told.map(({ key }) => key)).size === told.length && told.length === wanted,
    `the ERP was told ${told.length} times, of ${wanted}`,
  );
  must(looks <= bodies.size && looks >= named.size, `${looks} looks for ${named.size} orders`);
  const late = rows.filter((row) => row.late).length;
  return { stored: rows.length, repeats, late, orders: named.size, looks, erpTold: told.length, refused, faults };
}
