/** What the rehearsed ERPs have in common. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Each version of a figure has a value of its own, so that what OTO was given can be put in order. */
export function figureOfVersion(version: number): number {
  return version % 2 === 0 ? 100_000 + version : 50_000 + version;
}

export function versionOfFigure(figure: number): number {
  return figure % 50_000;
}

/** Written elsewhere and renamed, as a careful ERP does. */
export async function putWhole(dir: string, name: string, lines: readonly string[]): Promise<void> {
  const aside = join(dir, '.aside');
  await mkdir(aside, { recursive: true });
  await writeFile(join(aside, name), `${lines.join('\n')}\n`);
  await rename(join(aside, name), join(dir, name));
}
