import { join, relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { EntityName } from '../../src/connector/index.ts';
import { isInside, isMarked, matcherOf, statOf, unreachable } from './files.ts';
import { type AnyFiles, type FileEntity, manifestSuffix } from './options.ts';
import type { Session } from './session.ts';

interface Watched {
  readonly entity: FileEntity;
  readonly files: AnyFiles;
  readonly matches: (name: string) => boolean;
}

/** Whether all that the entity needs stands there. Judged again by the reader, which has the last word. */
async function isComplete(path: string, files: AnyFiles): Promise<boolean> {
  const stats = await statOf(path);
  if (stats === undefined) return false;
  if (files.manifest === 'required' && (await statOf(path + manifestSuffix)) === undefined) return false;
  return files.ready !== 'marker' || (await isMarked(path, stats));
}

/** Entities with news, each at most once until it is taken. */
class News {
  readonly #entities = new Set<FileEntity>();
  #wake: () => void = () => {};
  #failure: unknown;

  add(entity: FileEntity): void {
    this.#entities.add(entity);
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake();
  }

  wake(): void {
    this.#wake();
  }

  /** The next entity; `undefined` once `signal` is aborted. */
  async next(signal: AbortSignal): Promise<FileEntity | undefined> {
    while (!signal.aborted) {
      if (this.#failure !== undefined) throw this.#failure;
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

function openWatcher(session: Session, watched: readonly Watched[]): FSWatcher {
  const { pollMs } = session.context.options;
  const deep = watched.some(({ files }) =>
    [files.files].flat().some((text) => text.includes('/') || text.includes('**')),
  );
  return watch(session.root, {
    // What lies there already is announced too: it may have come between the last read and now.
    ignoreInitial: false,
    ...(deep ? {} : { depth: 0 }),
    ignored: (path) => isInside(path, session.own),
    ...(pollMs === undefined ? {} : { usePolling: true, interval: pollMs, binaryInterval: pollMs }),
  });
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
    if (files !== undefined && entities.includes(entity)) watched.push({ entity, files, matches: matcherOf(files) });
  }
  const news = new News();
  const timers = new Map<string, NodeJS.Timeout>();
  const announce = (path: string, one: Watched) => {
    isComplete(path, one.files).then(
      (complete) => complete && news.add(one.entity),
      (error: unknown) => news.fail(error),
    );
  };
  const onFile = (path: string) => {
    const data = path.replace(/(\.done|\.manifest\.json)$/, '');
    const name = relative(session.root, data).split(sep).join('/');
    for (const one of watched) {
      if (!one.matches(name)) continue;
      if (one.files.ready !== 'quiet') {
        announce(data, one);
        continue;
      }
      const key = join(one.entity, name);
      clearTimeout(timers.get(key));
      const announceLater = () => {
        timers.delete(key);
        announce(data, one);
      };
      timers.set(key, setTimeout(announceLater, options.quietMs));
    }
  };
  const stop = () => news.wake();
  signal.addEventListener('abort', stop, { once: true });
  const watcher = openWatcher(session, watched);
  watcher
    .on('add', onFile)
    .on('change', onFile)
    .on('error', (error) => news.fail(unreachable(session.root, error)));
  try {
    for (;;) {
      const entity = await news.next(signal);
      if (entity === undefined) return;
      yield entity;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    for (const timer of timers.values()) clearTimeout(timer);
    await watcher.close();
  }
}
