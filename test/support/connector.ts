import pino from 'pino';
import { Agent } from 'undici';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import type {
  Change,
  Checkpoint,
  Connector,
  ConnectorDefinition,
  EntityName,
  Manifest,
  Page,
} from '../../src/connector/index.ts';

/** An open connector, as the source `erp` of a merchant in Riyadh; it and its requests end with the test. */
export async function openConnector<Options extends z.ZodType>(
  definition: ConnectorDefinition<Options>,
  options: z.output<Options>,
  { baseDir = process.cwd() } = {},
): Promise<Connector> {
  const dispatcher = new Agent();
  const connector = await definition.open({
    options,
    source: 'erp',
    baseDir,
    timezone: 'Asia/Riyadh',
    log: pino({ level: 'silent' }),
    now: () => Date.now(),
    dispatcher,
  });
  onTestFinished(async () => {
    await connector[Symbol.asyncDispose]();
    await dispatcher.destroy();
  });
  return connector;
}

export interface Read<E extends EntityName> {
  readonly pages: Page<E>[];
  readonly changes: Change<E>[];
  manifest: Manifest['manifest'] | undefined;
  checkpoint: Checkpoint;
}

/** Reads to the end, as the engine does: each item counts as committed when the next is asked for. */
export async function readAll<E extends EntityName>(
  connector: Connector,
  entity: E,
  since: Checkpoint = null,
): Promise<Read<E>> {
  const reader = connector.read[entity];
  if (reader === undefined) throw new Error(`no reader for ${entity}`);
  const read: Read<E> = { pages: [], changes: [], manifest: undefined, checkpoint: since };
  for await (const item of reader({ since, signal: AbortSignal.timeout(20_000) })) {
    if ('manifest' in item) {
      read.manifest = item.manifest;
      continue;
    }
    read.pages.push(item);
    read.changes.push(...item.changes);
    read.checkpoint = item.checkpoint;
  }
  return read;
}
