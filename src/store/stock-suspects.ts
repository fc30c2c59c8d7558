import { one, type Queryable } from './queryable.ts';

/**
 * The tables in which one run collects its suspicions: `guard_item` the changes that would be sent, `guard_group` the product groups they
 * belong to, `guard_suspect` what looks wrong, `guard_held` what is held for it. A connection makes them once, which costs as much as
 * judging a hundred changes does, and every transaction leaves them empty.
 */
const guardTables = `
  create temp table if not exists guard_item (seq int not null, sku text not null, location text not null, "from" bigint, "to" bigint not null,
    direction text not null, erp bigint not null, implied bigint, passed text[] not null default '{}') on commit delete rows;
  create temp table if not exists guard_group (seq int not null, name text not null) on commit delete rows;
  create temp table if not exists guard_suspect (seq int not null, rule text not null, priority int not null, product_group text not null,
    cause text, reason text) on commit delete rows;
  create temp table if not exists guard_held (seq int not null, sku text not null, location text not null, direction text not null,
    "from" bigint, "to" bigint not null, rule text not null, product_group text not null, cause text, reason text not null, rules text[] not null,
    since timestamptz) on commit delete rows`;

/** Below so many rows the server's guess of a table's size serves as well as counting them, which takes as long as a query. */
const worthAnalyzing = 1000;

async function analyze(db: Queryable, table: 'guard_item' | 'guard_group' | 'guard_held', rows: number): Promise<void> {
  if (rows >= worthAnalyzing) await db.query(`analyze ${table}`);
}

/** Runs an insert and gives how many rows it made. */
async function inserted(db: Queryable, insert: string, values: readonly unknown[]): Promise<number> {
  const { count } = await one<{ count: number }>(
    db,
    `with made as (${insert} returning 1) select count(*)::int as count from made`,
    values,
  );
  return count;
}

export interface Judged {
  readonly planId: number;
  /** Figures above this one are looked at even where OTO shows none yet. */
  readonly maxFigure: number;
  /** Locations of which every change is a suspect. */
  readonly whole: readonly string[];
}

/** Gives how many changes there are to be judged. Without any, no rule can suspect one. */
export async function collectItems(db: Queryable, { planId, maxFigure, whole }: Judged): Promise<number> {
  await db.query(guardTables);
  // `implied` is the ERP figure that OTO's would come from today: by it units of measure are compared, and not after a buffer is off.
  const count = await inserted(
    db,
    `insert into guard_item (seq, sku, location, "from", "to", direction, erp, implied)
     select seq, sku, location, "from", "to", case when "to" < "from" then 'lower' else 'raise' end, coalesce((detail->>'erp')::bigint, "to"),
       "from" + coalesce((detail->>'buffer')::bigint, 0) + coalesce((detail->>'pending')::bigint, 0)
     from plan_item where plan_id = $1 and held is null and ("from" > 0 or "to" > $2 or location = any($3::text[]))`,
    [planId, maxFigure, whole],
  );
  await analyze(db, 'guard_item', count);
  return count;
}

/** Notes which rules a person has let each change pass: same key and direction, and not beyond the approved figure. */
export async function applyApprovals(db: Queryable, planId: number): Promise<void> {
  await db.query(
    `with pass as (
       select g.seq, max(q.id) as id, array_agg(distinct r.rule) as rules
       from guard_item g join quarantine q on q.location = g.location and q.sku = g.sku and q.direction = g.direction
         and case g.direction when 'lower' then g."to" >= q."to" else g."to" <= q."to" end
       cross join unnest(q.rules) as r(rule)
       where q.flow = 'stock' and q.state = 'approved' and q.approved_until > now() group by g.seq
     ), noted as (
       update plan_item i set detail = i.detail || jsonb_build_object('approved', pass.id) from pass where i.plan_id = $1 and i.seq = pass.seq
     ) update guard_item g set passed = pass.rules from pass where pass.seq = g.seq`,
    [planId],
  );
}

/** The fields of a product that put it into a group. */
export const groupFields = { category: 'category', brand: 'brandId', supplier: 'supplier' } as const;
export type GroupKind = keyof typeof groupFields;

/** Notes the product groups of the changes, where the ERP's products say any. */
export async function collectGroups(db: Queryable, source: string, kinds: readonly GroupKind[]): Promise<void> {
  const count = await inserted(
    db,
    `insert into guard_group (seq, name)
     select g.seq, k.kind || ' ' || btrim(p.data->>k.field)
     from guard_item g join product p on p.source = $1 and p.sku = g.sku
     cross join unnest($2::text[], $3::text[]) as k(kind, field)
     where g."from" > 0 and btrim(p.data->>k.field) <> ''`,
    [source, kinds, kinds.map((kind) => groupFields[kind])],
  );
  await analyze(db, 'guard_group', count);
}

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

/** Collects what is held for the suspicions, one row a change. */
export async function collectHeld(db: Queryable): Promise<void> {
  const count = await inserted(
    db,
    `insert into guard_held (seq, sku, location, direction, "from", "to", rule, product_group, cause, reason, rules)
     select i.seq, i.sku, i.location, i.direction, i."from", i."to", s.rule, s.product_group, s.cause, coalesce(s.reason, s.cause), s.rules
     from (select distinct on (seq) *, array_agg(rule) over (partition by seq) as rules from guard_suspect order by seq, priority, product_group) s
     join guard_item i using (seq)`,
    [],
  );
  await analyze(db, 'guard_held', count);
}
