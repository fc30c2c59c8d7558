import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import csv, { csvOptions } from '../../../connectors/csv/index.ts';
import type { Connector, EntityName } from '../../../src/connector/index.ts';
import { openConnector, type Read } from '../../support/connector.ts';

export { type Read, readAll } from '../../support/connector.ts';

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
export function openCsv(folder: string, options: Record<string, unknown>): Promise<Connector> {
  return openConnector(csv, csvOptions.parse({ dir: '.', quietMs: 50, ...options }), { baseDir: folder });
}

export function valuesOf<E extends EntityName>(read: Read<E>) {
  return read.changes.flatMap((change) => (change.op === 'upsert' ? [change.value] : []));
}

export function rejectsOf<E extends EntityName>(read: Read<E>) {
  return read.changes.flatMap((change) => (change.op === 'reject' ? [change] : []));
}
