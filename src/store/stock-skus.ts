import type { Database } from './db.ts';
import { one, type Queryable } from './queryable.ts';
import { skuTableOf } from './snapshots.ts';
import { type StockScope, scopeValues, wanted } from './stock-plan.ts';

/** The SKUs whose figures a stock run has to read, kept in the database: a quarter of a million would crowd our memory. */
export interface SkuList extends AsyncDisposable {
  readonly count: number;
  /** In order, in portions. */
  pages(): AsyncGenerator<string[]>;
  /** SKUs of which OTO named no figure since `readSince`, and which are not known as products of OTO either: at most so many. */
  unknown(locations: readonly string[], readSince: Date, most: number): Promise<string[]>;
}

/** `further`: SKUs beside those that the snapshot lists. To be disposed of; what a crash leaves goes with its snapshot. */
export async function listSkus(db: Database, scope: StockScope, further: readonly string[]): Promise<SkuList> {
  const table = skuTableOf(scope.snapshotId);
  await db.tx(async (tx) => {
    await tx.query(`drop table if exists ${table}`);
    await tx.query(`create unlogged table ${table} (place bigint primary key, sku text not null)`);
    await tx.query(`set local work_mem = '64MB'`);
    await tx.query(
      `insert into ${table} (place, sku)
       with ${wanted(scope)} select row_number() over (order by sku), sku from (
         select sku from wanted where $2::timestamptz is not null union select unnest($4::text[])
         -- What is left out because it is zero was perhaps never read: OTO may show goods of it.
         union select sku from product where source = any($5::text[]) and active and type = any($6::text[]) and ($3::text is null or sku = $3)) s`,
      [
        ...scopeValues(scope),
        further,
        scope.locations.flatMap(({ absentIsZero, absentOf }) => (absentIsZero && absentOf !== null ? [absentOf] : [])),
        scope.types,
      ],
    );
    await tx.query(`analyze ${table}`);
  });
  const { count } = await one<{ count: number }>(db, `select count(*) as count from ${table}`);
  return {
    count: Number(count),
    async *pages() {
      const portion = 5000;
      for (let after = 0; ; after += portion) {
        const rows = await db.query<{ sku: string }>(
          `select sku from ${table} where place > $1 and place <= $2 order by place`,
          [after, after + portion],
        );
        if (rows.length > 0) yield rows.map((row) => row.sku);
        if (rows.length < portion) return;
      }
    },
    async unknown(locations, readSince, most) {
      const rows = await db.query<{ sku: string }>(
        `select s.sku from ${table} s where not exists (select from oto_product p where p.sku = s.sku) and not exists (
           select from oto_stock o where o.sku = s.sku and o.location = any($1::text[]) and o.read_at >= $2 and o.on_hand is not null)
         order by s.place limit $3`,
        [locations, readSince, most],
      );
      return rows.map((row) => row.sku);
    },
    async [Symbol.asyncDispose]() {
      await db.query(`drop table if exists ${table}`);
    },
  };
}

/** The SKUs of a comparison, without a list of its own: for a look beside a run, which has the list. */
export async function comparedSkus(
  db: Queryable,
  scope: StockScope,
): Promise<{ readonly count: number; pages(): AsyncGenerator<string[]> }> {
  const { count } = await one<{ count: number }>(
    db,
    `with ${wanted(scope)} select count(distinct sku) as count from wanted where $2::timestamptz is not null`,
    scopeValues(scope),
  );
  return {
    count: Number(count),
    async *pages() {
      const portion = 5000;
      for (let after = ''; ; ) {
        const rows = await db.query<{ sku: string }>(
          `with ${wanted(scope)} select distinct sku from wanted where sku > $4 and $2::timestamptz is not null order by sku limit $5`,
          [...scopeValues(scope), after, portion],
        );
        if (rows.length > 0) yield rows.map((row) => row.sku);
        const last = rows.at(-1);
        if (last === undefined || rows.length < portion) return;
        after = last.sku;
      }
    },
  };
}
