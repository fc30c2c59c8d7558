import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pino from 'pino';
import { Agent } from 'undici';
import { onTestFinished } from 'vitest';
import csv, { csvOptions } from '../../../connectors/csv/index.ts';
import type { Change, Checkpoint, Connector, EntityName, Manifest, Page } from '../../../src/connector/index.ts';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'oto-csv-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function put(folder: string, name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

export function putManifest(folder: string, name: string, manifest: Record<string, unknown>): Promise<string> {
  return put(folder, `${name}.manifest.json`, JSON.stringify({ complete: true, ...manifest }));
}

/** A connector over `folder`; every entity takes files as soon as they appear unless `options` say otherwise. */
export async function openCsv(folder: string, options: Record<string, unknown>): Promise<Connector> {
  const dispatcher = new Agent();
  onTestFinished(() => dispatcher.close());
  return csv.open({
    options: csvOptions.parse({ dir: '.', quietMs: 50, ...options }),
    source: 'erp',
    baseDir: folder,
    timezone: 'Asia/Riyadh',
    log: pino({ level: 'silent' }),
    now: () => Date.now(),
    dispatcher,
  });
}

export interface Read<E extends EntityName> {
  pages: Page<E>[];
  changes: Change<E>[];
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

export function valuesOf<E extends EntityName>(read: Read<E>) {
  return read.changes.flatMap((change) => (change.op === 'upsert' ? [change.value] : []));
}

export function rejectsOf<E extends EntityName>(read: Read<E>) {
  return read.changes.flatMap((change) => (change.op === 'reject' ? [change] : []));
}
