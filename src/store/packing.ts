import type { PackingOrder, PackingStatus, Progress, StationState, Totals } from '../model/index.ts';
import { transition } from './operation-steps.ts';
import { maybe, type Queryable } from './queryable.ts';

export interface StoredPackingOrder {
  readonly order_id: string;
  readonly location: string;
  readonly items: PackingOrder['items'];
  readonly state: StationState;
  readonly why: string | null;
  readonly first_seen: Date;
  readonly last_seen: Date;
  readonly picked_at: Date | null;
  readonly packed_at: Date | null;
  readonly changed_by: string | null;
  readonly progress: Progress;
  readonly claim_staff: number | null;
  readonly claim_name: string | null;
  readonly claim_since: Date | null;
  readonly active_at: Date | null;
  readonly claim_last: number | null;
  readonly pick_operation: number | null;
  readonly pack_operation: number | null;
  readonly oto_has: PackingStatus | null;
  readonly refs: Readonly<Record<string, string>>;
  readonly erp_operation: number | null;
  readonly erp_unmatched: string | null;
  readonly problem: string | null;
  readonly changed: string | null;
  readonly looked_at: Date | null;
}

export async function getPackingOrder(db: Queryable, orderId: string): Promise<StoredPackingOrder | undefined> {
  return maybe<StoredPackingOrder>(db, 'select * from packing_order where order_id = $1', [orderId]);
}

/** The same, and until the end of the transaction nobody else changes it. */
export async function lockPackingOrder(db: Queryable, orderId: string): Promise<StoredPackingOrder | undefined> {
  const rows = await db.query<StoredPackingOrder>(
    'select * from packing_order where order_id = $1 for update',
    [orderId],
    'lock-packing-order',
  );
  return rows[0];
}

export async function listPackingOrders(
  db: Queryable,
  filter: { location?: string | undefined; states: readonly StoredPackingOrder['state'][] },
): Promise<StoredPackingOrder[]> {
  return db.query<StoredPackingOrder>(
    `select * from packing_order where ($1::text is null or location = $1) and state = any($2::text[])
     order by location, first_seen, order_id`,
    [filter.location ?? null, filter.states],
  );
}

/** What changes in an order; what is left out stays. */
export type OrderChange = { -readonly [Key in keyof StoredPackingOrder]?: StoredPackingOrder[Key] } & {
  totals?: Totals;
};

const columns = {
  items: 'jsonb',
  location: 'text',
  state: 'text',
  why: 'text',
  picked_at: 'timestamptz',
  packed_at: 'timestamptz',
  changed_by: 'text',
  progress: 'jsonb',
  claim_staff: 'int',
  claim_name: 'text',
  claim_since: 'timestamptz',
  active_at: 'timestamptz',
  claim_last: 'int',
  pick_operation: 'bigint',
  pack_operation: 'bigint',
  oto_has: 'text',
  erp_operation: 'bigint',
  erp_unmatched: 'text',
  problem: 'text',
  changed: 'text',
  refs: 'jsonb',
  looked_at: 'timestamptz',
} as const;

/** Writes to an order that the transaction has locked. */
export async function changePackingOrder(db: Queryable, orderId: string, change: OrderChange): Promise<void> {
  const { totals, ...plain } = change;
  const values: unknown[] = [orderId];
  const sets = Object.entries(plain).map(([name, value]) => {
    const type = columns[name as keyof typeof columns];
    values.push(type === 'jsonb' ? JSON.stringify(value) : value);
    return `${name} = $${values.length}::${type}`;
  });
  if (change.state !== undefined) {
    const isDone = change.state === 'packed' || change.state === 'left';
    sets.push(isDone ? 'done_at = coalesce(done_at, now())' : 'done_at = null');
  }
  if (totals !== undefined) {
    values.push(totals.lines, totals.units, totals.counted, totals.skus);
    const at = values.length;
    sets.push(`lines = $${at - 3}`, `units = $${at - 2}`, `counted = $${at - 1}`, `skus = $${at}`);
  }
  if (sets.length === 0) return;
  await db.query(`update packing_order set ${sets.join(', ')} where order_id = $1`, values);
}

/**
 * OTO has the step: what it has only goes forward. A step that nobody here took (`packed` in OTO itself) is the order's state from now on.
 */
export async function setPackingState(
  db: Queryable,
  orderId: string,
  state: PackingStatus,
  by: string,
): Promise<StoredPackingOrder | undefined> {
  return maybe<StoredPackingOrder>(
    db,
    `update packing_order set
       oto_has = case when oto_has = 'packed' then oto_has else $2 end,
       changed_by = case when state = 'packed' and $2 = 'picked' then changed_by else $3 end,
       picked_at = case when $2 = 'picked' then coalesce(picked_at, now()) else picked_at end,
       packed_at = case when $2 = 'packed' then coalesce(packed_at, now()) else packed_at end,
       done_at = case when $2 = 'packed' then coalesce(done_at, now()) when state = 'left' then null else done_at end,
       why = case when state = 'left' then null else why end,
       state = case when state = 'packed' then state else $2 end
     where order_id = $1 returning *`,
    [orderId, state, by],
  );
}

/** Takes back what nobody has begun to send: the operations that are to tell OTO of this order, or one of them. Their ids come back. */
export async function cancelUnsent(
  db: Queryable,
  orderId: string,
  { who, why, only }: { readonly who: string; readonly why: string; readonly only?: number | null },
): Promise<number[]> {
  const rows = await db.query<{ id: number; state: 'ready' | 'waiting' }>(
    `select id, state from operation where order_id = $1 and kind = 'packing-status' and state in ('ready', 'waiting')
       and ($2::bigint is null or id = $2)`,
    [orderId, only ?? null],
  );
  const gone: number[] = [];
  for (const from of ['ready', 'waiting'] as const) {
    const steps = rows.filter(({ state }) => state === from).map(({ id }) => ({ id, to: 'cancelled' as const, why }));
    gone.push(...(await transition(db, from, steps, who)));
  }
  return gone;
}
