import { setTimeout as delay } from 'node:timers/promises';
import { type EntityName, entityNames, messageOf } from '../../src/connector/index.ts';
import type { Session } from './session.ts';

/** Names what may be new: when the database notifies, and every so often anyway, since notifications can be lost. */
export async function* watchDatabase(
  session: Session,
  entities: readonly EntityName[],
  signal: AbortSignal,
): AsyncGenerator<EntityName> {
  const { channel, everySeconds } = session.context.options.watch;
  const news = new Set<EntityName>();
  let wake = Promise.withResolvers<void>();
  const say = (names: readonly EntityName[]) => {
    for (const name of names) if (entities.includes(name)) news.add(name);
    wake.resolve();
  };
  const timer = setInterval(() => say(entities), everySeconds * 1000);
  const abort = () => wake.resolve();
  signal.addEventListener('abort', abort, { once: true });
  const listening =
    channel === undefined ? undefined : listen(session, channel, signal, (payload) => say(namesIn(payload)));
  try {
    while (!signal.aborted) {
      for (const name of [...news]) {
        news.delete(name);
        yield name;
      }
      if (news.size > 0) continue;
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', abort);
    if (signal.aborted) await listening;
  }
}

/** Takes the listening up again until the end: without it the watch is only slower. */
async function listen(
  { database, context }: Session,
  channel: string,
  signal: AbortSignal,
  hear: (payload: string) => void,
): Promise<void> {
  for (let attempt = 0; !signal.aborted && database.listen !== undefined; attempt += 1) {
    try {
      for await (const payload of database.listen(channel, signal)) {
        attempt = 0;
        hear(payload);
      }
    } catch (error) {
      if (signal.aborted) return;
      context.log.debug({ channel, reason: messageOf(error) }, 'the channel was lost; listening again');
      await delay(Math.min(30_000, 500 * 2 ** attempt), undefined, { signal }).catch(() => undefined);
    }
  }
}

function namesIn(payload: string): readonly EntityName[] {
  const named = entityNames.filter((name) => payload.toLowerCase().includes(name));
  return named.length === 0 ? entityNames : named;
}
