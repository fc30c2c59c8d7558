import { createHash } from 'node:crypto';
import { z } from 'zod';
import type {
  Change,
  Checkpoint,
  Completeness,
  EntityName,
  Manifest,
  Page,
  ReadRequest,
} from '../../src/connector/index.ts';
import type { Domain, Row, Session } from './session.ts';
import { shifted, stampOf } from './values.ts';
import { changedRows, secondOf } from './window.ts';

const minute = 60_000;
/** Changes that are remembered so that they are not reported again. Older ones are forgotten first; they would merely come twice. */
const mostRemembered = 20_000;

const checkpointSchema = z.object({
  /** All that was changed up to here is read, but for what a transaction that was open at the time stamped before. */
  done: z.string().nullable(),
  /** Where a read stands that has not come to its end; `low` is where the next one has to look back from. */
  at: z.object({ second: z.string(), id: z.number(), low: z.string() }).nullable(),
  /** What was reported within the overlap, by key: a digest of what was said, and the second of the change. */
  seen: z.record(z.string(), z.tuple([z.string(), z.string()])),
});
type State = z.output<typeof checkpointSchema>;
type Seen = Map<string, [digest: string, stamp: string]>;

export interface Feed<E extends EntityName> {
  readonly model: string;
  readonly domain: Domain;
  /** `write_date` is read as well. */
  readonly fields: readonly string[];
  /** What a page of records comes to. Several records may be one change; the newest of them counts. */
  changes(rows: readonly Row[]): Promise<readonly Change<E>[]>;
  /** Records that changed since a moment though their own `write_date` did not move; with the time of the change in its place. */
  elsewhere?(since: string, signal: AbortSignal): AsyncIterable<readonly Row[]>;
  /** How sure a read from the beginning is, with how many of the records it saw. */
  completeness?(records: number): Promise<Completeness>;
  readonly description?: string;
  warnings?(): readonly string[];
}

/**
 * What has changed since the checkpoint. `write_date` is the start of a transaction and not its end: a change may appear behind one that
 * was read already. So each read looks back by the overlap, and drops what it has said before.
 */
export async function* readChanges<E extends EntityName>(
  session: Session,
  feed: Feed<E>,
  { since, signal }: ReadRequest,
): AsyncGenerator<Page<E> | Manifest, void> {
  signal.throwIfAborted();
  const overlap = session.options.overlapMinutes * minute;
  const startedAt = session.context.now();
  const state: State = checkpointSchema.safeParse(since).data ?? { done: null, at: null, seen: {} };
  const from = state.at ?? (state.done === null ? undefined : { second: shifted(state.done, -overlap), id: 0 });
  // What changes while we read belongs to the next read; a read that was broken off has to be looked behind from where it stood.
  const low = [stampOf(startedAt), state.at?.second, state.at?.low].filter((one) => one !== undefined).sort()[0] ?? '';
  const seen: Seen = new Map(Object.entries(state.seen));
  const fields = [...feed.fields, 'write_date'];
  let newest = state.done ?? '';
  let records = 0;
  let pages = 0;
  const fresh = (changes: readonly Change<E>[], stamp: string) =>
    changes.filter((change) => {
      const { key = '' } = change;
      const digest = digestOf(change);
      const [said, at = ''] = seen.get(key) ?? [];
      const again = said === digest;
      // Put anew, so that the order is that of their last change.
      seen.delete(key);
      seen.set(key, [digest, at > stamp ? at : stamp]);
      return !again;
    });
  let ended = false;
  if (state.done !== null && feed.elsewhere !== undefined) {
    for await (const rows of feed.elsewhere(shifted(state.done, -overlap), signal)) {
      const stamp = rows.map((row) => secondOf(row) ?? '').reduce((a, b) => (a > b ? a : b), newest);
      newest = stamp;
      const changes = fresh(await feed.changes(rows), stamp);
      signal.throwIfAborted();
      if (changes.length === 0) continue;
      pages += 1;
      // Where the rest stands is not known yet: a read that is broken off here begins again.
      yield { changes, checkpoint: since };
      signal.throwIfAborted();
    }
  }
  for await (const { rows, next, last } of ahead(changedRows(session, feed.model, { ...feed, fields }, from, signal))) {
    records += rows.length;
    const stamp = secondOf(rows.at(-1)) ?? newest;
    if (stamp > newest) newest = stamp;
    const changes = fresh(await feed.changes(rows), stamp);
    signal.throwIfAborted();
    const nothing = changes.length === 0;
    if (nothing && !(last && (pages > 0 || state.at !== null))) continue;
    const checkpoint: Checkpoint = last
      ? endOf(newest, low, overlap, seen)
      : { done: state.done, at: { ...next, low }, seen: state.seen };
    pages += 1;
    ended = last;
    yield { changes, checkpoint };
    signal.throwIfAborted();
  }
  if (pages > 0 && !ended) {
    yield { changes: [], checkpoint: endOf(newest, low, overlap, seen) };
    signal.throwIfAborted();
  }
  if (pages === 0 && since !== null) return;
  const completeness = since === null ? await feed.completeness?.(records) : undefined;
  signal.throwIfAborted();
  yield {
    manifest: {
      asOf: new Date(startedAt).toISOString(),
      completeness: completeness ?? 'likely',
      ...(feed.description === undefined ? {} : { description: feed.description }),
      warnings: feed.warnings?.() ?? [],
    },
  };
}

function endOf(newest: string, low: string, overlap: number, seen: Seen): Checkpoint {
  const done = newest < low ? newest : low;
  const oldest = shifted(done, -overlap);
  const kept = [...seen].filter(([, [, stamp]]) => stamp >= oldest).slice(-mostRemembered);
  return { done, at: null, seen: Object.fromEntries(kept) };
}

/** Marks the last item of a sequence whose end shows only when more is asked for. */
async function* ahead<T extends { readonly last: boolean }>(items: AsyncIterable<T>): AsyncGenerator<T, void> {
  let held: T | undefined;
  for await (const item of items) {
    if (held !== undefined) yield held;
    held = item;
  }
  if (held !== undefined) yield { ...held, last: true };
}

function digestOf(change: Change): string {
  return createHash('sha256').update(JSON.stringify(change)).digest('base64url').slice(0, 10);
}
