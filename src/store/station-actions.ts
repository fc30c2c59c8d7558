import type { StationRefusal } from '../model/index.ts';
import type { Queryable } from './queryable.ts';

export interface ActionRecord {
  readonly id: string;
  readonly staff_id: number | null;
  readonly by: string;
  readonly order_id: string;
  readonly location: string | null;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly device_at: Date | null;
  readonly received_at: Date;
  readonly address: string | null;
  readonly result: 'done' | 'refused';
  readonly refusal: StationRefusal | null;
  readonly message: string | null;
}

export async function findAction(db: Queryable, id: string): Promise<ActionRecord | undefined> {
  return (await db.query<ActionRecord>('select * from station_action where id = $1', [id], 'find-station-action'))[0];
}

/** Fails (23505) where there is one with this id. */
export async function addAction(db: Queryable, action: Omit<ActionRecord, 'received_at'>): Promise<void> {
  await db.query(
    `insert into station_action (id, staff_id, by, order_id, location, type, payload, device_at, address, result, refusal, message)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      action.id,
      action.staff_id,
      action.by,
      action.order_id,
      action.location,
      action.type,
      JSON.stringify(action.payload),
      action.device_at,
      action.address,
      action.result,
      action.refusal,
      action.message,
    ],
    'add-station-action',
  );
}

/** What happened to an order without anybody at the station. */
export async function noteAction(
  db: Queryable,
  note: {
    readonly orderId: string;
    readonly location: string | null;
    readonly type: string;
    readonly by: string;
    readonly message: string;
  },
): Promise<void> {
  await db.query(
    `insert into station_action (id, by, order_id, location, type, result, message) values (gen_random_uuid(), $1, $2, $3, $4, 'done', $5)`,
    [note.by, note.orderId, note.location, note.type, note.message],
  );
}

/** What was done with each of the orders, the last hundred things, oldest first. */
export async function actionsOf(db: Queryable, orderIds: readonly string[]): Promise<ActionRecord[]> {
  return db.query<ActionRecord>(
    `select last.* from unnest($1::text[]) as o(id) cross join lateral (
       select * from station_action a where a.order_id = o.id and a.result = 'done' order by a.received_at desc limit 100) last
     order by last.received_at`,
    [orderIds],
    'station-actions-of-orders',
  );
}

/** Claims of those who were idle for too long end; the order can be taken by anybody, by them as well. */
export async function endIdleClaims(db: Queryable, minutes: number): Promise<string[]> {
  const rows = await db.query<{ order_id: string }>(
    `with idle as (
       select order_id, claim_name from packing_order where claim_staff is not null and active_at < now() - $1 * interval '1 minute'
       for update skip locked
     ), freed as (
       update packing_order p set claim_last = p.claim_staff, claim_staff = null, claim_name = null, claim_since = null,
         state = case when p.state = 'picking' and p.progress = '{}' then 'ready' else p.state end
       from idle where p.order_id = idle.order_id returning p.order_id, p.location, idle.claim_name
     ), noted as (
       insert into station_action (id, by, order_id, location, type, result, message)
       select gen_random_uuid(), 'oto-bridge', order_id, location, 'release', 'done', claim_name || ' was idle for too long' from freed
     )
     select order_id from freed`,
    [minutes],
  );
  return rows.map((row) => row.order_id);
}
