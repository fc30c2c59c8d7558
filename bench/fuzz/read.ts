import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { Agent } from 'undici';
import csv, { csvOptions } from '../../connectors/csv/index.ts';
import type { Change, Connector, Manifest } from '../../src/connector/index.ts';

/** A file that was read otherwise than it must be: where, and how. */
export class Mismatch extends Error {}

const log = pino({ level: 'silent' });

/** Writes one file and its manifest into the folder, and opens a connector for them. */
export async function place(
  folder: string,
  name: string,
  bytes: Buffer,
  manifest: { rows: number; checksum: boolean } | undefined,
): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  if (manifest === undefined) {
    await rm(`${path}.manifest.json`, { force: true });
    return;
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeFile(
    `${path}.manifest.json`,
    JSON.stringify({ rows: manifest.rows, ...(manifest.checksum ? { sha256 } : {}) }),
  );
}

/** Opens the real connector over the folder. */
export async function openOver(
  folder: string,
  options: Record<string, unknown>,
): Promise<Connector & { close(): Promise<void> }> {
  const dispatcher = new Agent();
  const connector = await csv.open({
    options: csvOptions.parse({ dir: '.', rejected: false, ...options }),
    source: 'fuzz',
    baseDir: folder,
    timezone: 'Asia/Riyadh',
    log,
    now: () => Date.now(),
    dispatcher,
  });
  return Object.assign(connector, {
    close: async () => {
      await connector[Symbol.asyncDispose]();
      await dispatcher.close();
    },
  });
}

/** Reads all of an entity as the engine does. */
export async function* changesOf<E extends 'stock' | 'documents'>(
  connector: Connector,
  entity: E,
): AsyncGenerator<Change<E>, Manifest['manifest'] | undefined> {
  let manifest: Manifest['manifest'] | undefined;
  const reader = connector.read[entity];
  if (reader === undefined) throw new Error(`no reader for ${entity}`);
  for await (const item of reader({ since: null, signal: new AbortController().signal })) {
    if ('manifest' in item) manifest = item.manifest;
    else yield* item.changes as readonly Change<E>[];
  }
  return manifest;
}
