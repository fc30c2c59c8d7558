import { join, relative, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FSWatcher, watch } from 'chokidar';
import { type EntityName, messageOf } from '../../src/connector/index.ts';
import { localStat } from './drive/local.ts';
import type { Drive } from './drive/types.ts';
import { isInside, matcherOf } from './files.ts';
import { isMarked } from './inspect.ts';
import { type AnyFiles, type FileEntity, manifestSuffix, markerSuffix } from './options.ts';
import { isCoarse, scan, shareOf, signatureOf } from './scan.ts';
import type { Session } from './session.ts';

/** How often a folder on a server is looked through, unless `pollMs` says otherwise. */
const serverPollMs = 10_000;

/** How often a folder on a network share is looked through, at least. */
const shareScanMs = 5000;

interface Watched {
  readonly entity: FileEntity;
  readonly files: AnyFiles;
  readonly matches: (name: string) => boolean;
  /** Files as they were when they were last announced. */
  readonly seen: Map<string, string>;
}

/** Whether all that the entity needs stands there. Judged again by the reader, which has the last word. */
async function isComplete(drive: Drive, path: string, files: AnyFiles): Promise<boolean> {
  const stats = await drive.stat(path);
  if (stats === undefined) return false;
  if (files.manifest === 'required' && (await drive.stat(path + manifestSuffix)) === undefined) return false;
  return files.ready !== 'marker' || (await isMarked(drive, path, stats));
}

/** Entities with news, each at most once until it is taken. */
class News {
  readonly #entities = new Set<FileEntity>();
  #wake: () => void = () => {};

  add(entity: FileEntity): void {
    this.#entities.add(entity);
    this.#wake();
  }

  wake(): void {
    this.#wake();
  }

  /** The next entity; `undefined` once `signal` is aborted. */
  async next(signal: AbortSignal): Promise<FileEntity | undefined> {
    while (!signal.aborted) {
      const [entity] = this.#entities;
      if (entity !== undefined) {
        this.#entities.delete(entity);
        return entity;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return undefined;
  }
}

/**
 * Watches one folder: by the system's announcements and, since those get lost and network shares make none, by looking through it
 * every now and then. A folder that is not there, or goes away, is waited for.
 */
class FolderWatch {
  readonly #session: Session;
  readonly #watched: readonly Watched[];
  readonly #news: News;
  /** Files that have to stay as they are for a while, with the signature that they were found with. */
  readonly #timers = new Map<string, { timer: NodeJS.Timeout; signature: string | undefined }>();
  #watcher: FSWatcher | undefined;
  /** The folder that is being watched: one of the same name may take its place. */
  #folder: string | undefined;
  #trouble: string | undefined;

  constructor(session: Session, watched: readonly Watched[], news: News) {
    this.#session = session;
    this.#watched = watched;
    this.#news = news;
  }

  /** Runs until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const everyMs = await this.#interval();
        try {
          await this.#look(signal);
          this.#trouble = undefined;
        } catch (error) {
          if (!signal.aborted) this.#say(messageOf(error));
        }
        await sleep(everyMs, undefined, { signal }).catch(() => {});
      }
    } finally {
      for (const { timer } of this.#timers.values()) clearTimeout(timer);
      await this.#watcher?.close();
    }
  }

  async #interval(): Promise<number> {
    const { pollMs, scanMs } = this.#session.context.options;
    if (pollMs !== undefined) return pollMs;
    if (this.#session.drive.remote) return serverPollMs;
    return (await shareOf(this.#session.root)) === undefined ? scanMs : Math.min(scanMs, shareScanMs);
  }

  /** Says once what is wrong, however long it lasts. */
  #say(trouble: string): void {
    if (this.#trouble === trouble) return;
    this.#trouble = trouble;
    this.#session.context.log.warn({ folder: this.#session.root, trouble }, 'The folder cannot be watched for now.');
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { root, own, drive } = this.#session;
    if (!drive.remote && !(await this.#listen(signal))) return;
    for (const one of this.#watched) {
      const found = await scan(drive, root, one.files, own, signal);
      for (const path of one.seen.keys()) if (!found.has(path)) one.seen.delete(path);
      for (const [path, signature] of found) if (one.seen.get(path) !== signature) this.#changed(path, one, signature);
    }
  }

  /** Hears what the system announces of the folder. False: it is not there. */
  async #listen(signal: AbortSignal): Promise<boolean> {
    const { root } = this.#session;
    const stats = await localStat(root);
    const folder = stats?.folder === true ? `${stats.dev} ${stats.ino}` : undefined;
    if (folder !== this.#folder) {
      await this.#watcher?.close();
      this.#watcher = undefined;
      this.#folder = folder;
    }
    if (folder === undefined) {
      this.#say('it is not there');
      return false;
    }
    if (this.#session.context.options.pollMs === undefined && this.#watcher === undefined) await this.#open(signal);
    return true;
  }

  /** Returns once every later change is announced, so that what came before is found by looking. */
  async #open(signal: AbortSignal): Promise<void> {
    const { root, own, drive } = this.#session;
    const deep = this.#watched.some(({ files }) =>
      [files.files].flat().some((text) => text.includes('/') || text.includes('**')),
    );
    const onFile = (path: string) => this.#announced(path);
    const watcher = watch(root, {
      // What lies there already is found by looking through the folder.
      ignoreInitial: true,
      ...(deep ? {} : { depth: 0 }),
      ignored: (path) => isInside(drive, path, own),
    });
    this.#watcher = watcher;
    await new Promise<void>((resolve) => {
      const done = () => resolve();
      signal.addEventListener('abort', done, { once: true });
      watcher
        .once('ready', done)
        .on('add', onFile)
        .on('change', onFile)
        .on('error', (error) => {
          this.#say(messageOf(error));
          // The next look opens another one; until then, and where that fails too, looking has to do.
          if (this.#watcher === watcher) this.#watcher = undefined;
          watcher.close().catch(() => {});
          done();
        });
    });
  }

  #announced(path: string): void {
    const suffix = [markerSuffix, manifestSuffix].find((one) => path.endsWith(one)) ?? '';
    const data = path.slice(0, path.length - suffix.length);
    const name = relative(this.#session.root, data).split(sep).join('/');
    for (const one of this.#watched) if (one.matches(name)) this.#changed(data, one);
  }

  /** `signature`: where looking found the change. Looking again must not put off what it found before. */
  #changed(path: string, one: Watched, signature?: string): void {
    if (one.files.ready !== 'quiet') {
      this.#announce(path, one);
      return;
    }
    const key = join(one.entity, path);
    const waiting = this.#timers.get(key);
    if (waiting !== undefined && signature !== undefined && waiting.signature === signature) return;
    clearTimeout(waiting?.timer);
    const later = () => {
      this.#timers.delete(key);
      this.#announce(path, one);
    };
    this.#timers.set(key, { timer: setTimeout(later, this.#session.context.options.quietMs), signature });
  }

  #announce(path: string, one: Watched): void {
    const tell = async () => {
      const { drive } = this.#session;
      const signature = await signatureOf(drive, path);
      if (signature === undefined || !(await isComplete(drive, path, one.files))) return;
      if (one.seen.get(path) === signature && !isCoarse(signature)) return;
      one.seen.set(path, signature);
      this.#news.add(one.entity);
    };
    tell().catch((error: unknown) => this.#say(messageOf(error)));
  }
}

/** Yields an entity when a file of it, or what completes that file, appears or changes. Ends with `signal`. */
export async function* watchFiles(
  session: Session,
  entities: readonly EntityName[],
  signal: AbortSignal,
): AsyncGenerator<EntityName, void> {
  const { options } = session.context;
  const watched: Watched[] = [];
  for (const entity of ['products', 'stock', 'documents'] as const) {
    const files = options[entity];
    if (files !== undefined && entities.includes(entity)) {
      watched.push({ entity, files, matches: matcherOf(files), seen: new Map() });
    }
  }
  const news = new News();
  const left = new AbortController();
  const ended = AbortSignal.any([signal, left.signal]);
  const stop = () => news.wake();
  signal.addEventListener('abort', stop, { once: true });
  const running = new FolderWatch(session, watched, news).run(ended);
  try {
    for (;;) {
      const entity = await news.next(signal);
      if (entity === undefined) return;
      yield entity;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    left.abort();
    await running;
  }
}
