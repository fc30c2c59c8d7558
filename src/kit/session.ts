import assert from 'node:assert/strict';
import pino from 'pino';
import { Agent } from 'undici';
import {
  type Change,
  type Checkpoint,
  type Connector,
  type ConnectorDefinition,
  type EntityName,
  type Manifest,
  messageOf,
  type Page,
  type ReadRequest,
} from '../connector/index.ts';
import type { Fake } from './fake.ts';

/** How long any one step of a connector may take before the kit calls it hung, in milliseconds. */
const longest = 10_000;

/** A fault of the fake and not of the connector: a waiver does not cover it. */
export class FakeError extends Error {}

/** Settles as `promise` does; rejects once that takes so long that the connector must be hung. */
export async function within<T>(promise: PromiseLike<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: `${what} took over 10 s` })), longest);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Everything that a connector logged, down to trace, without any redaction. */
export class LogLines {
  readonly lines: { level: number; text: string }[] = [];
  readonly logger = pino(
    { level: 'trace', base: null },
    { write: (text: string) => this.lines.push({ level: (JSON.parse(text) as { level: number }).level, text }) },
  );
}

/** One open connector with a dispatcher of its own. */
export interface Session extends AsyncDisposable {
  readonly connector: Connector;
  /** Closes both, and fails where a request was left unfinished. */
  close(): Promise<void>;
}

export function parseOptions(definition: ConnectorDefinition, fake: Fake): unknown {
  const parsed = definition.options.safeParse(fake.options);
  if (parsed.success) return parsed.data;
  throw new FakeError(`The fake's options do not fit the connector's schema: ${parsed.error.message}`);
}

export async function openSession(
  definition: ConnectorDefinition,
  fake: Fake,
  log: LogLines = new LogLines(),
): Promise<Session> {
  const dispatcher = new Agent({ connect: { timeout: 5_000 }, headersTimeout: longest, bodyTimeout: longest });
  const options = parseOptions(definition, fake);
  try {
    const opening = definition.open({
      options,
      source: 'kit',
      baseDir: fake.baseDir ?? process.cwd(),
      timezone: 'Asia/Riyadh',
      log: log.logger,
      now: () => Date.now(),
      dispatcher,
    });
    const connector = await within(opening, 'open()');
    return {
      connector,
      async close() {
        await within(connector[Symbol.asyncDispose](), 'closing the connector');
        await within(dispatcher.close(), 'ending the requests that the connector left unfinished');
      },
      async [Symbol.asyncDispose]() {
        await within(connector[Symbol.asyncDispose](), 'closing the connector');
        await dispatcher.destroy();
      },
    };
  } catch (error) {
    await dispatcher.destroy();
    throw error;
  }
}

/** The items of one read, each step bounded in time; leaves the connector's iterator properly, however it is left itself. */
export async function* itemsOf(
  { connector }: Session,
  entity: EntityName,
  request: Partial<ReadRequest> = {},
): AsyncGenerator<Page | Manifest, void> {
  const reader = connector.read[entity];
  assert.ok(reader !== undefined, `the connector has no reader for ${entity}`);
  const { since = null, signal = new AbortController().signal, only } = request;
  // As the store hands it back: a copy that went through JSON.
  const copy = JSON.parse(JSON.stringify(since)) as Checkpoint;
  const readable: AsyncIterable<Page | Manifest> = reader({
    since: copy,
    signal,
    ...(only === undefined ? {} : { only }),
  });
  const items = readable[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const item = await within(items.next(), `the next item of ${entity}`);
      if (item.done === true) {
        ended = true;
        return;
      }
      yield item.value;
    }
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    if (!ended) await within(Promise.resolve(items.return?.()), `leaving the read of ${entity}`);
  }
}

export interface Read {
  readonly pages: Page[];
  readonly changes: Change[];
  readonly manifests: Manifest['manifest'][];
  /** Items that came after the manifest. */
  afterManifest: number;
  /** Of the last page, else the one that the read started from. */
  checkpoint: Checkpoint;
}

/** No fake has so much to give: a read of more pages never ends. */
const mostPages = 1000;

/** Reads to the end, or leaves after `stopAfter` pages: then the last of them was delivered and never asked past. */
export async function read(
  session: Session,
  entity: EntityName,
  {
    since = null,
    stopAfter = Number.POSITIVE_INFINITY,
    only,
  }: { since?: Checkpoint; stopAfter?: number; only?: ReadRequest['only'] } = {},
): Promise<Read> {
  const result: Read = { pages: [], changes: [], manifests: [], afterManifest: 0, checkpoint: since };
  for await (const item of itemsOf(session, entity, { since, only })) {
    if (result.manifests.length > 0) result.afterManifest += 1;
    if ('manifest' in item) {
      result.manifests.push(item.manifest);
      continue;
    }
    result.pages.push(item);
    result.changes.push(...item.changes);
    result.checkpoint = item.checkpoint;
    const { length } = result.pages;
    assert.ok(
      length < mostPages,
      `the read of ${entity} does not end: ${length} pages, the last of ${item.changes.length} records`,
    );
    if (result.pages.length >= stopAfter) break;
  }
  return result;
}

export function keysOf(changes: readonly Change[]): string[] {
  return changes.flatMap((change) => (change.op === 'upsert' ? [change.key] : []));
}

/** What `run` rejected with; fails where it did not reject. */
export async function failureOf(run: () => Promise<unknown>, what: string): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    if (error instanceof assert.AssertionError || error instanceof FakeError) throw error;
    return error;
  }
  return assert.fail(what);
}

/** Compares as sets that count: `expected` is what the fake holds. */
export function sameKeys(actual: readonly string[], expected: readonly string[], what: string): void {
  const missing = without(expected, actual);
  const extra = without(actual, expected);
  if (missing.length === 0 && extra.length === 0) return;
  assert.fail(
    `${what}: ${[missing.length > 0 ? `missing ${list(missing)}` : '', extra.length > 0 ? `too many ${list(extra)}` : ''].filter(Boolean).join('; ')}`,
  );
}

export function hasKeys(actual: readonly string[], expected: readonly string[], what: string): void {
  const missing = without([...new Set(expected)], [...new Set(actual)]);
  if (missing.length > 0) assert.fail(`${what}: missing ${list(missing)}`);
}

function without(from: readonly string[], taken: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const key of taken) left.set(key, (left.get(key) ?? 0) + 1);
  return from.filter((key) => {
    const count = left.get(key) ?? 0;
    if (count > 0) left.set(key, count - 1);
    return count === 0;
  });
}

export function list(keys: readonly string[]): string {
  const shown = keys.slice(0, 5).map((key) => JSON.stringify(key));
  return keys.length > shown.length ? `${shown.join(', ')} and ${keys.length - shown.length} more` : shown.join(', ');
}

/** A method of the fake that a test cannot do without. */
export function need<Method>(method: Method | undefined, name: keyof Fake, id: string): Method {
  if (method !== undefined) return method;
  return assert.fail(
    `The fake has no ${String(name)}(): add it, or waive "${id}" with the reason why the ERP has no such thing.`,
  );
}

export function describeError(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return `${typeof code === 'string' ? `${code}: ` : ''}${messageOf(error)}`;
}
