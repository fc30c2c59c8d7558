import { type GroupKind, groupFields, inserted } from './guard-tables.ts';
import type { Queryable } from './queryable.ts';

/** What would change at a location, or in a product group there, apart from what a person has let pass. */
export interface PlaceChanges {
  readonly location: string;
  /** Empty: the whole location. */
  readonly group: string;
  readonly zeroed: number;
  /** Units that OTO shows of those that become zero. */
  readonly zeroedUnits: number;
  readonly changed: number;
}

export async function placeChanges(db: Queryable): Promise<PlaceChanges[]> {
  const rows = await db.query<Record<keyof PlaceChanges, string>>(
    `select location, name as group, count(*) filter (where "to" = 0 and not 'zero-share' = any(passed)) as zeroed,
       coalesce(sum("from") filter (where "to" = 0 and not 'stray-zero' = any(passed)), 0) as "zeroedUnits",
       count(*) filter (where not 'change-share' = any(passed)) as changed
     from (select *, '' as name from guard_item union all select i.*, g.name from guard_item i join guard_group g using (seq)) c
     where "from" > 0 group by location, name order by location, name`,
  );
  return rows.map(({ location, group, ...counts }) => ({
    location,
    group,
    zeroed: Number(counts.zeroed),
    zeroedUnits: Number(counts.zeroedUnits),
    changed: Number(counts.changed),
  }));
}

/** How many SKUs of each product group have stock in OTO at each location. */
export async function stockedInGroups(
  db: Queryable,
  source: string,
  places: readonly { readonly location: string; readonly group: string }[],
): Promise<{ location: string; group: string; stocked: number }[]> {
  if (places.length === 0) return [];
  const groups = [...new Set(places.map(({ group }) => group))];
  const kinds = (Object.keys(groupFields) as GroupKind[]).filter((kind) =>
    groups.some((group) => group.startsWith(`${kind} `)),
  );
  return db.query(
    `select o.location, p.name as group, count(*)::int as stocked
     from (select p.sku, k.kind || ' ' || btrim(p.data->>k.field) as name from product p
           cross join unnest($2::text[], $3::text[]) as k(kind, field) where p.source = $1) p
     join oto_stock o on o.sku = p.sku and o.on_hand > 0
     where p.name = any($4::text[]) and o.location = any($5::text[]) group by o.location, p.name`,
    [
      source,
      kinds,
      kinds.map((kind) => groupFields[kind]),
      groups,
      [...new Set(places.map(({ location }) => location))],
    ],
  );
}

/**
 * How many SKUs of each location this bridge has set to zero within so many days, and OTO still shows so. What a person has approved
 * does not count, and an approval of zeros at a location accepts all that went before it.
 */
export async function zeroedLately(
  db: Queryable,
  locations: readonly string[],
  days: number,
): Promise<{ location: string; count: number }[]> {
  if (locations.length === 0) return [];
  return db.query(
    `select o.location, count(distinct o.sku)::int as count
     from operation o join oto_stock s on s.location = o.location and s.sku = o.sku and s.on_hand = 0
     left join (select location, max(decided_at) as at from quarantine
                where flow = 'stock' and state = 'approved' and 'zero-share' = any(rules) group by location) a on a.location = o.location
     where o.kind = 'stock-set' and o.flow = 'stock' and o.state = 'landed' and o.lane = 2 and o.location = any($1::text[])
       and o.settled_at > now() - $2 * interval '1 day' and (a.at is null or o.settled_at > a.at) and not o.precondition ? 'approved'
     group by o.location`,
    [locations, days],
  );
}

/** How many of a place's changes are about one factor away from OTO's figures, all in one direction. */
export interface Leap {
  readonly location: string;
  readonly group: string;
  readonly direction: 'lower' | 'raise';
  readonly factor: number;
  readonly near: number;
  /** Changes of the place that are large enough to judge by, in either direction. */
  readonly considered: number;
}

/**
 * Counts changes within a tenth of a factor. Figures that are small on both sides prove nothing: 1 to 2 is a sale or a return.
 * A figure in a larger unit may have been rounded down, so downward the next whole one counts as well.
 */
export async function leaps(db: Queryable, factors: readonly number[], least: number): Promise<Leap[]> {
  return db.query<Leap>(
    `with large as materialized (
       select seq, location, erp, implied from guard_item where "from" > 0 and greatest(erp, implied) >= 20 and not 'unit-shift' = any(passed)
     ), near as materialized (
       select l.seq, l.location, case when l.erp > l.implied then 'raise' else 'lower' end as direction, f.factor, l.erp > 0 as firm
       from large l cross join unnest($1::float8[]) as f(factor)
       where (l.erp > 0 and l.erp between l.implied * f.factor * 0.9 and l.implied * f.factor * 1.1)
         or (f.factor > 2 and l.implied between greatest(l.erp, 0) * f.factor * 0.9 and (greatest(l.erp, 0) + 1) * f.factor * 1.1)
     ), member as (
       select seq, '' as name from large union all select seq, name from guard_group
     ), place as (
       select l.location, m.name, count(*)::int as considered from large l join member m using (seq) group by 1, 2 having count(*) >= $2
     ), found as (
       -- Less than one of a larger unit is 0; by zeros alone no unit is known.
       select n.location, m.name, n.direction, n.factor, count(*)::int as near
       from near n join member m using (seq) group by 1, 2, 3, 4 having count(*) filter (where n.firm) > 1
     )
     select location, name as group, direction, factor::int, near, considered from found join place using (location, name)
     order by 1, 2, 3, near desc, 4`,
    [factors, least],
  );
}

/** A place that trips a rule, and which of its changes are held for it. */
export interface Suspicion {
  readonly rule: string;
  readonly location: string;
  readonly group: string;
  readonly which: 'all' | 'zero' | 'changed' | { readonly factor: number; readonly direction: 'lower' | 'raise' };
  readonly cause: string;
}

/** Where two rules suspect a change, the first of these is shown. */
const priorities = ['known-share', 'unit-shift', 'unit-jump', 'too-high', 'zero-share', 'stray-zero', 'change-share'];

/** These and the following give how many suspicions they noted. */
export async function suspectPlaces(db: Queryable, suspicions: readonly Suspicion[]): Promise<number> {
  if (suspicions.length === 0) return 0;
  const given = suspicions.map(({ which, ...suspicion }) => ({
    ...suspicion,
    priority: priorities.indexOf(suspicion.rule),
    ...(typeof which === 'object' ? { part: which.direction, factor: which.factor } : { part: which, factor: 1 }),
  }));
  // Once a unit was mistaken, any leap of at least its square root may be one that sales have blurred.
  return inserted(
    db,
    `insert into guard_suspect (seq, rule, priority, product_group, cause)
     with suspicion as materialized (
       select * from jsonb_to_recordset($1::jsonb) as s(rule text, location text, "group" text, cause text, priority int, part text, factor float8)
     ), member as (
       select s.*, i.seq from suspicion s join guard_item i on i.location = s.location where s."group" = ''
       union all
       select s.*, g.seq from suspicion s join guard_group g on g.name = s."group" where s."group" <> ''
     )
     select i.seq, m.rule, m.priority, m."group", m.cause from member m join guard_item i on i.seq = m.seq and i.location = m.location
     where not m.rule = any(i.passed)
       and case m.part when 'all' then true when 'zero' then i."to" = 0 and i."from" > 0 when 'changed' then i."from" > 0
         when 'raise' then i."from" > 0 and i.erp >= i.implied * sqrt(m.factor)
         when 'lower' then i."from" > 0 and case when i.erp > 0 then i.erp * sqrt(m.factor) <= i.implied else i.implied < m.factor end end`,
    [JSON.stringify(given)],
  );
}

/**
 * Changes by exactly one of the factors, up or down: a unit of measure was mistaken. A key that is held or was rejected for it stays
 * suspect while it leaps as far that way, for the mistake does not end where a sale makes the factor inexact.
 */
export async function suspectUnitJumps(db: Queryable, factors: readonly number[]): Promise<number> {
  return inserted(
    db,
    `insert into guard_suspect (seq, rule, priority, product_group, reason)
     select i.seq, 'unit-jump', $2, '', i.sku || ' at ' || i.location || ' would go from ' || i."from" || ' to ' || i."to" || case
         when f.factor is null then ', as far as when a unit of measure was mistaken'
         else ', exactly ' || case i.direction when 'raise' then '×' else '÷' end || f.factor || ': a unit of measure may be mistaken' end
     from guard_item i
     left join lateral (select factor from unnest($1::bigint[]) as f(factor)
       where i."to" = i."from" * factor or i."from" = i."to" * factor or i.erp = i.implied * factor or i.implied = i.erp * factor limit 1) f on true
     where i."from" > 0 and i."to" > 0 and i.erp > 0 and not 'unit-jump' = any(i.passed) and (f.factor is not null or exists (
       select from quarantine q where q.flow = 'stock' and q.location = i.location and q.sku = i.sku and q.direction = i.direction
         and (q.state = 'held' or (q.state = 'rejected' and q.ended_at is null)) and 'unit-jump' = any(q.rules) and q."from" > 0 and q."to" > 0
         and case i.direction when 'raise' then i."to"::float8 ^ 2 * q."from" >= i."from"::float8 ^ 2 * q."to"
           else i."from"::float8 ^ 2 * q."to" >= i."to"::float8 ^ 2 * q."from" end))`,
    [factors, priorities.indexOf('unit-jump')],
  );
}

export async function suspectTooHigh(db: Queryable, maxFigure: number): Promise<number> {
  return inserted(
    db,
    `insert into guard_suspect (seq, rule, priority, product_group, reason)
     select seq, 'too-high', $2, '', sku || ' at ' || location || ' would go from ' || coalesce("from"::text, 'nothing') || ' to ' || "to"
       || ', more than ' || $1::bigint || ': another column may have been read'
     from guard_item where "to" > $1 and direction = 'raise' and not 'too-high' = any(passed)`,
    [maxFigure, priorities.indexOf('too-high')],
  );
}

/**
 * Steps from `minimum` or more to 0 that neither a disposal of the last days explains nor the ERP's movements (`accounted`: the items that they
 * do); and where all that a location has becomes 0 at once, every one of them (`emptied`: what is said of it). What a snapshot of an earlier
 * as-of time said too is no slip any more.
 */
export async function suspectStrayZeros(
  db: Queryable,
  minimum: number,
  asOf: Date,
  emptied: ReadonlyMap<string, string>,
  accounted: readonly number[],
): Promise<number> {
  return inserted(
    db,
    `insert into guard_suspect (seq, rule, priority, product_group, cause, reason)
     select i.seq, 'stray-zero', $3, '', e.cause, case when e.cause is null then i.sku || ' at ' || i.location || ' would fall from ' || i."from"
       || ' to 0 in one step, and no document explains it' end
     from guard_item i left join unnest($4::text[], $5::text[]) as e(location, cause) on e.location = i.location
     where i."to" = 0 and i."from" > 0 and (i."from" >= $1 or e.cause is not null) and not 'stray-zero' = any(i.passed)
       and not i.seq = any($6::int[])
       and not exists (
         select from document d join document_line l on l.document_id = d.id
         where d.kind = 'disposal' and d.location = i.location and l.sku = i.sku and l.quantity >= i."from" and d.booked_at > now() - interval '7 days')
       and not exists (
         select from quarantine q join snapshot s on s.id = q.snapshot_id
         where q.flow = 'stock' and q.state = 'held' and q.location = i.location and q.sku = i.sku and 'stray-zero' = any(q.rules)
           and q."to" = 0 and s.as_of < $2)`,
    [minimum, asOf, priorities.indexOf('stray-zero'), [...emptied.keys()], [...emptied.values()], accounted],
  );
}

/** For a run that sees too little to judge shares: what they hold stays held while it goes the same way. */
export async function suspectStillHeld(db: Queryable): Promise<number> {
  return inserted(
    db,
    `insert into guard_suspect (seq, rule, priority, product_group, cause)
     select i.seq, q.rule, $1, q.product_group, q.cause
     from guard_item i join quarantine q on q.flow = 'stock' and q.state = 'held' and q.location = i.location and q.sku = i.sku and q.direction = i.direction
     where q.rule in ('known-share', 'unit-shift', 'zero-share', 'change-share') and not q.rule = any(i.passed)`,
    [priorities.length],
  );
}
