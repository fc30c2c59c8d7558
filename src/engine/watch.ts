import { setTimeout as delay } from 'node:timers/promises';
import type { FlowName } from '../config/schema.ts';
import { messageOf } from '../lib/errors.ts';
import type { Bridge } from './context.ts';
import { debounced } from './debounce.ts';

const watchable = ['products', 'stock', 'documents'] as const satisfies readonly FlowName[];
type Watchable = (typeof watchable)[number];

const againMs = 2000;

/**
 * Asks for a run of the watched flows whenever their source says that there may be something new. Ends with `signal`. What a source
 * said is never dropped: while the database is away it is asked for again and again.
 */
export async function watchSources(bridge: Bridge, signal: AbortSignal): Promise<void> {
  const bySource = new Map<string, Watchable[]>();
  for (const name of watchable) {
    const settings = bridge.config.flows[name];
    if (settings?.enabled !== true || !settings.watch) continue;
    bySource.set(settings.from, [...(bySource.get(settings.from) ?? []), name]);
  }
  await Promise.all([...bySource].map(([source, names]) => watchSource(bridge, source, names, signal)));
}

async function watchSource(
  bridge: Bridge,
  source: string,
  names: readonly Watchable[],
  signal: AbortSignal,
): Promise<void> {
  const { log } = bridge;
  const asks = new Map(
    names.map((name) => {
      const one = debounced(() => ask(bridge, name, signal), signal);
      // Only the end of the watch breaks it off.
      return [name, () => void one().catch(() => undefined)];
    }),
  );
  while (!signal.aborted) {
    try {
      const { connector, definition } = await bridge.source(source);
      if (connector.watch === undefined) {
        log.warn(
          { source, connector: definition.name, flows: names },
          'the connector cannot watch: its flows run by schedule only',
        );
        return;
      }
      // Something may have come while nobody watched.
      for (const one of asks.values()) one();
      for await (const entity of connector.watch(names, signal)) asks.get(entity as Watchable)?.();
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ source, reason: messageOf(error) }, 'watching was interrupted; it is taken up again');
    }
    await delay(5000, undefined, { signal }).catch(() => undefined);
  }
}

async function ask(bridge: Bridge, name: Watchable, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await bridge.jobs.enqueueFlow(name, 'watch', { unlessQueued: true });
      return;
    } catch (error) {
      bridge.log.warn({ flow: name, reason: messageOf(error) }, 'a run could not be asked for; trying again');
      await delay(againMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
