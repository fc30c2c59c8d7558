import { one, type Queryable } from './queryable.ts';

/** What may stand against a stock plan from before it. Mostly there is nothing of a kind, and then nothing need be done about it. */
export interface Standing {
  /** Stock operations are parked. */
  readonly parked: boolean;
  /** Documents are booked after the as-of time of the figures. */
  readonly newer: boolean;
  /** Products are held or were rejected: their identity may have moved. */
  readonly products: boolean;
  readonly held: boolean;
  readonly rejected: boolean;
  readonly approved: boolean;
  /** Guards tripped in the snapshots before. */
  readonly tripped: boolean;
  /** The kinds of open alarms. */
  readonly alarms: readonly string[];
}

/** One look for what would otherwise be a statement each: on a small export they take longer than its rows. */
export async function standing(db: Queryable, asOf: Date): Promise<Standing> {
  const quarantined = (where: string) => `exists (select from quarantine where ${where})`;
  return one<Standing>(
    db,
    `select exists (select from operation where kind = 'stock-set' and state = 'parked') as parked,
       exists (select from document where booked_at > $1) as newer,
       ${quarantined(`flow = 'products' and state in ('held', 'rejected')`)} as products,
       ${quarantined(`flow = 'stock' and state = 'held'`)} as held,
       ${quarantined(`flow = 'stock' and state = 'rejected' and ended_at is null`)} as rejected,
       ${quarantined(`flow = 'stock' and state = 'approved' and approved_until > now()`)} as approved,
       exists (select from guard_trip where flow = 'stock') as tripped,
       array(select distinct kind from alarm where cleared_at is null) as alarms`,
    [asOf],
  );
}
