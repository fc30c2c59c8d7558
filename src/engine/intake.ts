import { setTimeout as delay } from 'node:timers/promises';
import type { Change, EntityName, Manifest, Page, Reject } from '../connector/types.ts';
import { begin } from '../lib/begin.ts';
import { BridgeError, isBridgeError, messageOf } from '../lib/errors.ts';
import { minute } from '../lib/time.ts';
import { raiseAlarm } from '../store/alarms.ts';
import type { Lock, Tx } from '../store/db.ts';
import {
  addRejects,
  closeSnapshot,
  countNewRejects,
  getCheckpoint,
  lastSnapshot,
  lockSnapshots,
  moveCheckpoint,
  openSnapshot,
  type Snapshot,
} from '../store/snapshots.ts';
import type { RunContext } from './context.ts';
import { engineErrors } from './errors.ts';
import { broken, inFuture, olderThan, overtaken, requireNoReturn } from './intake-refusals.ts';
import { parted, toRow } from './intake-rejects.ts';
import { noteWarnings } from './source-warnings.ts';

/** What one page came to after it was stored. */
export interface PageResult {
  readonly rejects: readonly Reject[];
  /** Rows that are left out on purpose. */
  readonly ignored: number;
}

/** Stores the upserts and deletes of a page, inside the transaction that also stores its checkpoint. */
export type StorePage<E extends EntityName> = (
  tx: Tx,
  snapshot: Snapshot,
  changes: readonly Exclude<Change<E>, Reject>[],
  rejected: readonly Reject[],
) => Promise<PageResult>;

/** Judges a read as a whole, once all of its rows are stored and before it counts. `reject` takes rows back that were accepted. */
export type Finish = (
  tx: Tx,
  snapshot: Snapshot,
  reject: (rejects: readonly Reject[]) => Promise<void>,
) => Promise<{ readonly ignored: number; readonly lots: boolean }>;

export interface Intake {
  readonly snapshot: Snapshot;
  readonly newRejects: number;
  /** Rows that were read, rejected ones included. */
  readonly rows: number;
}

/** How far an as-of time may lie ahead of our clock before it is refused. */
const clockSlack = 5 * minute;

/**
 * Reads one entity of a source into the store. Each page goes in with its checkpoint in one transaction; no transaction is open
 * while the ERP is read. Undefined: the source had nothing new. Throws when the read did not arrive whole; then nothing of it counts.
 */
export async function intake<E extends EntityName>(
  context: RunContext,
  sourceName: string,
  entity: E,
  storePage: StorePage<E>,
  finish?: Finish,
): Promise<Intake | undefined> {
  const lock = await turn(context, `read/${sourceName}/${entity}`);
  try {
    return await readIn(context, sourceName, entity, storePage, finish);
  } finally {
    await lock.release();
  }
}

/**
 * One read of an entity at a time: the stock flow reads receipts too, and a documents run beside it would find the file half taken,
 * and nothing to send.
 */
async function turn({ db, signal }: RunContext, key: string): Promise<Lock> {
  for (;;) {
    const lock = await db.lock(key);
    if (lock !== null) return lock;
    await delay(200, undefined, { signal });
  }
}

async function readIn<E extends EntityName>(
  context: RunContext,
  sourceName: string,
  entity: E,
  storePage: StorePage<E>,
  finish?: Finish,
): Promise<Intake | undefined> {
  const { db, log, signal, progress } = context;
  const { definition, connector } = await context.source(sourceName);
  const reader = connector.read[entity];
  const support = definition.supports.read[entity];
  if (reader === undefined || support === undefined) {
    throw new BridgeError(engineErrors.FLOW_OFF, {
      message: `The connector "${definition.name}" of source "${sourceName}" reads no ${entity}.`,
      hint: 'Take another connector for this flow, or take the flow out of the configuration.',
    });
  }
  // The watermark is our clock before the first request: what changes while we read belongs to the next read.
  const startedAt = new Date(context.now());
  const since =
    support.mode === 'incremental'
      ? await getCheckpoint(db, sourceName, entity, definition.checkpointVersion)
      : { value: null, mark: null };
  let mark = since.mark;
  await using items = begin(reader({ since: since.value as never, signal }));
  // A crash may take back a full read, or pages of it: then it is not complete, and starts again. What ends it is on the disk, and with
  // it all that was written before.
  const settings = support.mode === 'full' ? ({ synchronous_commit: 'off' } as const) : {};
  const opening = { runId: context.run.id, source: sourceName, entity, startedAt };
  const [before, snapshot] = await Promise.all([
    lastSnapshot(db, sourceName, entity),
    db.tx((tx) => openSnapshot(tx, opening), settings),
  ]);
  const total = { rows: 0, rejects: 0, ignored: 0, pages: 0 };
  /** The stock flow reads documents too: those are signs of another flow. */
  const isOwn = entity === context.run.flow;
  let manifest: Manifest['manifest'] | undefined;
  let closed: Snapshot | undefined;
  progress.step(`reading ${entity} from ${sourceName}`);
  try {
    for await (const item of items) {
      signal.throwIfAborted();
      if (closed !== undefined) throw broken(entity, sourceName, 'it went on after it had said that it was complete');
      if ('manifest' in item) {
        manifest = item.manifest;
        // Before more is asked for: then the source may move its files away, and a crash would lose what was read.
        closed = await complete();
        if (closed === undefined) return undefined;
        continue;
      }
      const page: Page<E> = item;
      const { usable, fromConnector } = parted(page.changes);
      const stored = await db.tx(async (tx) => {
        const result = await storePage(tx, snapshot, usable, fromConnector);
        await addRejects(
          tx,
          snapshot,
          [...fromConnector, ...result.rejects].map((reject) => toRow(sourceName, entity, reject)),
        );
        if (support.mode !== 'incremental') return { ...result, mark };
        const { checkpointVersion: version } = definition;
        const moved = await moveCheckpoint(tx, sourceName, entity, { version, value: page.checkpoint, from: mark });
        if (moved === undefined) throw overtaken(context, entity, sourceName);
        return { ...result, mark: moved };
      }, settings);
      mark = stored.mark;
      total.rows += page.changes.length;
      total.rejects += fromConnector.length + stored.rejects.length;
      total.ignored += stored.ignored;
      total.pages += 1;
      if (page.progress !== undefined) progress.at(page.progress);
    }
    if (closed === undefined && total.pages === 0) {
      await closeSnapshot(db, snapshot.id, {
        status: 'failed',
        rows: 0,
        rejects: 0,
        ignored: 0,
        problem: 'nothing new',
      });
      progress.done();
      if (isOwn) context.signs.set('read', 0);
      return undefined;
    }
    if (closed === undefined && support.mode === 'full') {
      throw broken(entity, sourceName, 'it ended without saying that it was complete');
    }
    closed ??= await complete();
    progress.done();
    if (closed === undefined) return undefined;
    context.tally.read += total.rows;
    if (isOwn) {
      // An export that lies there still is read again, and says nothing new.
      const old =
        before?.checksum != null &&
        before.checksum === closed.checksum &&
        +(before.as_of ?? 0) === +(closed.as_of ?? 0);
      context.signs.set('read', old ? 0 : total.rows);
      if (support.mode === 'full') context.signs.set('rows', total.rows);
    }
    context.tally.rejected += total.rejects;
    const newRejects = total.rejects === 0 ? 0 : await countNewRejects(db, closed);
    if (total.rejects > 0) {
      context.note({
        kind: 'rejects',
        message: `${total.rejects} of ${total.rows} rows of ${entity} from "${sourceName}" were rejected${newRejects === 0 ? ', all of them known from earlier reads' : newRejects < total.rejects ? `, ${newRejects} of them for the first time` : ''}.`,
        hint: `\`oto-bridge runs show ${context.run.id}\` lists them with file, line and reason.`,
        new: newRejects > 0,
        count: total.rejects,
      });
    }
    await noteWarnings(context, sourceName, entity, manifest?.warnings ?? []);
    log.debug({ entity, source: sourceName, ...total, asOf: closed.as_of }, 'read complete');
    return { snapshot: closed, newRejects, rows: total.rows };
  } catch (error) {
    progress.done();
    const refused = isBridgeError(error) && error.code.startsWith('SNAPSHOT_');
    // A source that fails after its end, when it tidies up, has been read all the same. Best effort: when the database is what failed,
    // the next intake finds the read unfinished and leaves it out.
    if (closed === undefined || refused) {
      await closeSnapshot(db, snapshot.id, {
        status: refused ? 'refused' : 'failed',
        rows: total.rows,
        rejects: total.rejects,
        ignored: total.ignored,
        problem: messageOf(error),
      }).catch(() => undefined);
    }
    if (refused) {
      await raiseAlarm(db, {
        kind: 'snapshot-refused',
        subject: `${sourceName}/${entity}`,
        message: messageOf(error),
        hint: error.hint,
      }).catch(() => undefined);
    }
    throw error;
  }

  /** Judges the read as a whole and closes its snapshot. Undefined: it is what the last one was, under an older time. */
  async function complete(): Promise<Snapshot | undefined> {
    if (manifest?.expectedRows !== undefined && manifest.expectedRows !== total.rows) {
      throw broken(
        entity,
        sourceName,
        `the source announced ${manifest.expectedRows} rows and delivered ${total.rows}`,
      );
    }
    const asOf = manifest === undefined ? startedAt : new Date(manifest.asOf);
    if (asOf.getTime() > startedAt.getTime() + clockSlack) throw inFuture(entity, sourceName, asOf);
    const done = await db.tx(async (tx) => {
      await lockSnapshots(tx, sourceName, entity);
      // A process that was frozen for a while has lost its lock: what another has read meanwhile must not be undone.
      if ((await lastSnapshot(tx, sourceName, entity))?.id !== before?.id) throw overtaken(context, entity, sourceName);
      // Files of documents may come in any order: only figures are undone by older ones.
      if (support?.mode === 'full' && before !== undefined && context.filter.acceptOlder !== true) {
        const again = before.checksum !== null && before.checksum === manifest?.checksum;
        const older = before.as_of !== null && asOf < before.as_of;
        if (older && again) return undefined;
        if (older) throw olderThan(entity, sourceName, asOf, before);
        if (!again) await requireNoReturn(tx, before, snapshot, manifest?.checksum);
      }
      let late = 0;
      const judged = await finish?.(tx, snapshot, async (rejects) => {
        late += rejects.length;
        const rows = rejects.map((reject) => toRow(sourceName, entity, reject));
        await addRejects(tx, snapshot, rows);
      });
      const rejects = total.rejects + late;
      const ignored = total.ignored + (judged?.ignored ?? 0);
      const row = await closeSnapshot(tx, snapshot.id, {
        status: 'complete',
        asOf,
        completeness: manifest?.completeness ?? 'unproven',
        rows: total.rows,
        rejects,
        ignored,
        lots: judged?.lots,
        checksum: manifest?.checksum,
        description: manifest?.description,
      });
      if (row === undefined) throw overtaken(context, entity, sourceName);
      return { row, rejects, ignored };
    });
    if (done === undefined) {
      const problem = 'the same content as the last read, under an older time';
      await closeSnapshot(db, snapshot.id, { status: 'failed', ...total, problem });
      if (isOwn) context.signs.set('read', 0);
      progress.done();
      return undefined;
    }
    total.rejects = done.rejects;
    total.ignored = done.ignored;
    return done.row;
  }
}
