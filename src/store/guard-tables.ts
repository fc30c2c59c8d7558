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
    cause text, reason text) on commit delete rows`;
/** Most plans hold nothing: each table that there is takes its time to be emptied. */
const heldTable = `
  create temp table if not exists guard_held (seq int not null, sku text not null, location text not null, direction text not null,
    "from" bigint, "to" bigint not null, rule text not null, product_group text not null, cause text, reason text not null, rules text[] not null,
    since timestamptz) on commit delete rows`;

/** Below so many rows the server's guess of a table's size serves as well as counting them, which takes as long as a query. */
const worthAnalyzing = 1000;

async function analyze(db: Queryable, table: 'guard_item' | 'guard_group' | 'guard_held', rows: number): Promise<void> {
  if (rows >= worthAnalyzing) await db.query(`analyze ${table}`);
}

/** Runs an insert and gives how many rows it made. */
export async function inserted(db: Queryable, insert: string, values: readonly unknown[]): Promise<number> {
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

/** The ERP's figure of a stock item of a plan, and the one that OTO's figure would come from today: units are compared by these, before a buffer is off. */
export const erpFigure = `coalesce((detail->>'erp')::bigint, "to")`;
export const impliedFigure = `"from" + coalesce((detail->>'buffer')::bigint, 0) + coalesce((detail->>'pending')::bigint, 0)`;

/** Gives how many changes there are to be judged. Without any, no rule can suspect one. */
export async function collectItems(db: Queryable, { planId, maxFigure, whole }: Judged): Promise<number> {
  await db.query(guardTables);
  const count = await inserted(
    db,
    `insert into guard_item (seq, sku, location, "from", "to", direction, erp, implied)
     select seq, sku, location, "from", "to", case when "to" < "from" then 'lower' else 'raise' end, ${erpFigure}, ${impliedFigure}
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

/** Collects what is held for the suspicions, one row a change. */
export async function collectHeld(db: Queryable): Promise<void> {
  await db.query(heldTable);
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
