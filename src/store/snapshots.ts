import type { Completeness } from '../model/index.ts';
import { maybe, one, type Queryable } from './queryable.ts';

/** One read of one entity from one source, with its manifest. */
export interface Snapshot {
  readonly id: number;
  readonly run_id: number | null;
  readonly source: string;
  readonly entity: string;
  readonly status: 'reading' | 'complete' | 'failed' | 'refused';
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly as_of: Date | null;
  readonly completeness: Completeness | null;
  readonly rows: number;
  readonly rejects: number;
  readonly ignored: number;
  /** Stock: some key has several rows, or may have. */
  readonly lots: boolean;
  readonly checksum: string | null;
  readonly description: string | null;
  readonly problem: string | null;
}

export interface StoredReject {
  readonly id: number;
  readonly snapshot_id: number;
  readonly source: string;
  readonly entity: string;
  readonly key: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly column_name: string | null;
  readonly value: string | null;
  readonly reason: string;
  readonly fingerprint: string;
}

export type NewReject = Omit<StoredReject, 'id' | 'snapshot_id' | 'source' | 'entity'>;

export async function openSnapshot(
  db: Queryable,
  snapshot: { runId: number | null; source: string; entity: string; startedAt: Date },
): Promise<Snapshot> {
  const row = await one<Snapshot>(
    db,
    `insert into snapshot (run_id, source, entity, status, started_at) values ($1, $2, $3, 'reading', $4) returning *`,
    [snapshot.runId, snapshot.source, snapshot.entity, snapshot.startedAt],
  );
  if (snapshot.entity === 'stock') {
    // Made beside the table and attached: creating it in place would lock the parent against every reader.
    const table = partitionOf(row.id);
    await db.query(
      `create table ${table} (like stock_row including defaults);
       alter table ${table} alter snapshot_id set default ${row.id};
       alter table stock_row attach partition ${table} for values in (${row.id})`,
    );
  }
  return row;
}

/** Name of the partition that holds the stock rows of one snapshot. The id is a number of ours, never text from outside. */
export function partitionOf(snapshotId: number): string {
  return `stock_row_${Math.trunc(snapshotId)}`;
}

/** Whether the stock rows of a snapshot are kept. */
export async function isStaged(db: Queryable, snapshotId: number): Promise<boolean> {
  const { staged } = await one<{ staged: boolean }>(db, 'select to_regclass($1) is not null as staged', [
    partitionOf(snapshotId),
  ]);
  return staged;
}

/** Name of the table with the SKUs of a snapshot whose figures are being read. */
export function skuTableOf(snapshotId: number): string {
  return `stock_sku_${Math.trunc(snapshotId)}`;
}

/** Ends a read. Undefined: somebody else has ended it, because its process was taken for dead. */
export async function closeSnapshot(
  db: Queryable,
  id: number,
  end: {
    status: 'complete' | 'failed' | 'refused';
    asOf?: Date | undefined;
    completeness?: Completeness | undefined;
    rows: number;
    rejects: number;
    ignored: number;
    lots?: boolean | undefined;
    checksum?: string | undefined;
    description?: string | undefined;
    problem?: string | undefined;
  },
): Promise<Snapshot | undefined> {
  return maybe<Snapshot>(
    db,
    `update snapshot set status = $2, as_of = $3, completeness = $4, rows = $5, rejects = $6, ignored = $7, checksum = $8,
       description = $9, problem = $10, lots = coalesce($11, lots), finished_at = now() where id = $1 and status = 'reading' returning *`,
    [
      id,
      end.status,
      end.asOf ?? null,
      end.completeness ?? null,
      end.rows,
      end.rejects,
      end.ignored,
      end.checksum ?? null,
      end.description ?? null,
      end.problem ?? null,
      end.lots ?? null,
    ],
  );
}

export async function lastSnapshot(db: Queryable, source: string, entity: string): Promise<Snapshot | undefined> {
  return maybe<Snapshot>(
    db,
    `select * from snapshot where source = $1 and entity = $2 and status = 'complete' order by id desc limit 1`,
    [source, entity],
  );
}

/** Until the transaction ends, no other read of the entity can be closed. */
export async function lockSnapshots(tx: Queryable, source: string, entity: string): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtextextended(current_schema() || '/snapshot/' || $1 || '/' || $2, 0))`,
    [source, entity],
  );
}

/** An earlier read than `before` with the same content. */
export async function sameContent(
  db: Queryable,
  before: Pick<Snapshot, 'id' | 'source' | 'entity'>,
  checksum: string,
): Promise<Snapshot | undefined> {
  return maybe<Snapshot>(
    db,
    `select * from snapshot
     where source = $1 and entity = $2 and status = 'complete' and id < $3 and checksum = $4 order by id desc limit 1`,
    [before.source, before.entity, before.id, checksum],
  );
}

/** How many stock figures of one read are others in another one, up to `most`. Undefined where the rows of one are gone. */
export async function figuresMoved(db: Queryable, from: number, to: number, most: number): Promise<number | undefined> {
  const tables = [partitionOf(from), partitionOf(to)];
  const { there } = await one<{ there: boolean }>(
    db,
    'select to_regclass($1) is not null and to_regclass($2) is not null as there',
    tables,
  );
  if (!there) return undefined;
  const figures = (table: string) => `select sku, location, sum(quantity) from ${table} group by sku, location`;
  const { count } = await one<{ count: string }>(
    db,
    `select count(*) from (select * from (${tables.map((table) => `(${figures(table)})`).join(' except ')}) as moved limit $1) as first`,
    [most],
  );
  return Number(count);
}

/**
 * The newest read of a source's stock, if something of it is still to be done: no plan of the whole of it was decided on, or what was held
 * back then has been adopted or approved since.
 */
export async function unusedStock(db: Queryable, source: string): Promise<Snapshot | undefined> {
  const newest = await lastSnapshot(db, source, 'stock');
  if (newest === undefined) return undefined;
  return maybe<Snapshot>(
    db,
    `select s.* from snapshot s where s.id = $1 and to_regclass($2) is not null and not exists (
       select from plan p where p.snapshot_id = s.id and p.filter = '{}' and (p.status = 'rejected' or (p.status = 'applied'
         and not exists (select from adoption a join plan_item i on i.location = a.location
           where a.flow = p.flow and a.adopted_at > p.created_at and i.plan_id = p.id and i.held = 'not-adopted')
         and not exists (select from quarantine q
           where q.flow = p.flow and q.state = 'approved' and q.approved_until > now() and q.decided_at > p.created_at))))`,
    [newest.id, partitionOf(newest.id)],
  );
}

/** The reads of a run. */
export async function listSnapshots(db: Queryable, runId: number): Promise<Snapshot[]> {
  return db.query<Snapshot>('select * from snapshot where run_id = $1 order by id', [runId]);
}

export async function addRejects(
  db: Queryable,
  snapshot: Pick<Snapshot, 'id' | 'source' | 'entity'>,
  rejects: readonly NewReject[],
): Promise<void> {
  if (rejects.length === 0) return;
  await db.query(
    `insert into reject (snapshot_id, source, entity, key, file, line, column_name, value, reason, fingerprint)
     select $1, $2, $3, key, file, line, column_name, value, reason, fingerprint
     from jsonb_to_recordset($4::jsonb) as r(key text, file text, line int, column_name text, value text, reason text, fingerprint text)`,
    [snapshot.id, snapshot.source, snapshot.entity, JSON.stringify(rejects)],
  );
}

/** How many rejects of a snapshot were not in the last complete one of the same entity. */
export async function countNewRejects(
  db: Queryable,
  snapshot: Pick<Snapshot, 'id' | 'source' | 'entity'>,
): Promise<number> {
  const row = await one<{ count: number }>(
    db,
    `select count(*) from reject r where r.snapshot_id = $1 and not exists (
       select from reject p join snapshot s on s.id = p.snapshot_id
       where p.fingerprint = r.fingerprint and s.source = $2 and s.entity = $3 and s.status = 'complete' and s.id < $1)`,
    [snapshot.id, snapshot.source, snapshot.entity],
  );
  return Number(row.count);
}

export async function listRejects(
  db: Queryable,
  filter: { runId?: number; snapshotId?: number; limit: number },
): Promise<StoredReject[]> {
  return db.query<StoredReject>(
    `select r.* from reject r join snapshot s on s.id = r.snapshot_id
     where ($1::bigint is null or s.run_id = $1) and ($2::bigint is null or s.id = $2) order by r.id limit $3`,
    [filter.runId ?? null, filter.snapshotId ?? null, filter.limit],
  );
}

/** Where an incremental read goes on. `mark` changes with each move. */
export interface StoredCheckpoint {
  readonly value: unknown;
  readonly mark: string | null;
}

export async function getCheckpoint(
  db: Queryable,
  source: string,
  entity: string,
  version: number,
): Promise<StoredCheckpoint> {
  const row = await maybe<{ value: unknown; version: number; mark: string }>(
    db,
    'select value, version, updated_at::text as mark from checkpoint where source = $1 and entity = $2',
    [source, entity],
  );
  return { value: row?.version === version ? row.value : null, mark: row?.mark ?? null };
}

/** Moves a checkpoint on, and gives its new mark. Undefined: somebody else has moved it since it was read. */
export async function moveCheckpoint(
  db: Queryable,
  source: string,
  entity: string,
  to: { readonly version: number; readonly value: unknown; readonly from: string | null },
): Promise<string | undefined> {
  const row = await maybe<{ mark: string }>(
    db,
    `insert into checkpoint (source, entity, version, value, updated_at) values ($1, $2, $3, $4, clock_timestamp())
     on conflict (source, entity) do update set version = excluded.version, value = excluded.value, updated_at = excluded.updated_at
       where checkpoint.updated_at::text = $5
     returning updated_at::text as mark`,
    [source, entity, to.version, JSON.stringify(to.value), to.from],
  );
  return row?.mark;
}

/** From the next read on everything is read again. One that goes on meanwhile cannot move the checkpoint any more. */
export async function forgetCheckpoint(db: Queryable, source: string, entity: string): Promise<void> {
  await db.query(
    `update checkpoint set value = 'null', updated_at = clock_timestamp() where source = $1 and entity = $2`,
    [source, entity],
  );
}

/** Drops the staged stock of all but the newest complete snapshots of a source, and of reads that never finished. */
export async function dropOldStock(db: Queryable, source: string, keep: number): Promise<void> {
  const rows = await db.query<{ id: number }>(
    `select s.id from snapshot s
     where s.source = $1 and s.entity = 'stock' and to_regclass('stock_row_' || s.id) is not null
       and (s.status in ('failed', 'refused') or (s.status = 'complete' and s.id not in (
         select id from snapshot where source = $1 and entity = 'stock' and status = 'complete' order by id desc limit $2)))`,
    [source, keep],
  );
  for (const { id } of rows) {
    await db.query(`drop table if exists ${partitionOf(id)}, ${skuTableOf(id)}`);
    await db.query('delete from stock_part where snapshot_id = $1', [id]);
  }
}
