import type { OperationState, PackingStatus, StationOrder, StationState } from '../model/index.ts';

/** An order with the standing of what tells OTO and the ERP, and the number of its last change. */
export const view = viewOf('');
export const viewWithItems = viewOf('p.items, p.progress,');

function viewOf(more: string): string {
  return `
  select ${more} p.order_id, p.location, p.state, p.why, p.lines, p.units, p.counted, p.first_seen, p.claim_staff, p.claim_name, p.claim_since,
    p.pick_operation, p.pack_operation, p.oto_has, p.erp_operation, p.erp_unmatched, p.problem, p.changed,
    t.state as told_state, t.why as told_why,
    e.state as erp_state, e.why as erp_why, e.answer->>'code' as erp_code,
    (select max(c.version) from station_change c where c.order_id = p.order_id) as version
  from packing_order p
  left join operation t on t.id = coalesce(p.pack_operation, p.pick_operation)
  left join operation e on e.id = p.erp_operation`;
}

export interface ViewRow {
  readonly order_id: string;
  readonly location: string;
  readonly state: StationState;
  readonly why: string | null;
  readonly lines: number;
  readonly units: number;
  readonly counted: number;
  readonly first_seen: Date;
  readonly claim_staff: number | null;
  readonly claim_name: string | null;
  readonly claim_since: Date | null;
  readonly pick_operation: number | null;
  readonly pack_operation: number | null;
  readonly oto_has: PackingStatus | null;
  readonly erp_operation: number | null;
  readonly erp_unmatched: string | null;
  readonly problem: string | null;
  readonly changed: string | null;
  readonly told_state: OperationState | null;
  readonly told_why: string | null;
  readonly erp_state: OperationState | null;
  readonly erp_why: string | null;
  readonly erp_code: string | null;
  readonly version: number | null;
}

/** The ERP said that it knows no such order. */
export const unmatchedCode = 'CONNECTOR_ORDER_UNKNOWN';

export function stationOrderOf(row: ViewRow): StationOrder {
  const { claim_staff: staffId, claim_name: name, claim_since: since } = row;
  return {
    id: row.order_id,
    location: row.location,
    state: row.state,
    why: row.why,
    lines: row.lines,
    units: row.units,
    counted: row.counted,
    since: row.first_seen.toISOString(),
    claim: staffId === null ? null : { staffId, name: name ?? '', since: (since ?? row.first_seen).toISOString() },
    oto: otoOf(row),
    erp: erpOf(row),
    problem: row.problem,
    changed: row.changed,
    version: row.version ?? 0,
  };
}

type Delivery = NonNullable<StationOrder['oto']>['state'];

/** Of an operation; null where it has been deleted since, and only what has landed is. */
function deliveryOf(state: OperationState | null): Delivery {
  if (state === null || state === 'landed') return 'has';
  if (state === 'parked') return 'parked';
  // Cancelled by a person: nobody will tell, unless somebody says it again.
  return state === 'refused' || state === 'cancelled' || state === 'superseded' ? 'refused' : 'waiting';
}

/** Why, where there is something to say: of what waits, only what became of the last try. */
function reasonOf(delivery: Delivery, state: OperationState | null, why: string | null): string | null {
  if (delivery === 'has') return null;
  if (delivery !== 'waiting' || state === 'unknown' || state === 'waiting') return why;
  return state === 'ready' && why !== null && why !== 'planned' ? why : null;
}

function otoOf(row: ViewRow): StationOrder['oto'] {
  const status = row.pack_operation !== null ? 'packed' : row.pick_operation !== null ? 'picked' : null;
  if (status === null) return null;
  const { told_state: told } = row;
  const isThere = row.oto_has === status || (row.oto_has === 'packed' && status === 'picked');
  const state = isThere ? 'has' : deliveryOf(told);
  return {
    status,
    state,
    reason: reasonOf(state, told, row.told_why),
    undoable: !isThere && (told === 'ready' || told === 'waiting') && row.state === status,
  };
}

function erpOf(row: ViewRow): StationOrder['erp'] {
  if (row.erp_unmatched !== null) return { state: 'unmatched', reason: row.erp_unmatched };
  if (row.erp_operation === null) return null;
  const state = deliveryOf(row.erp_state);
  const reason = reasonOf(state, row.erp_state, row.erp_why);
  return { state: state === 'refused' && row.erp_code === unmatchedCode ? 'unmatched' : state, reason };
}
