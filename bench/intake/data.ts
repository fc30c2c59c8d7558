/** The export that is read, and the account that it is compared with: the same for every process of the measurement. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** OTO's code of each location, and the ERP's. */
export const places = [
  ['RUH1', 'RUH-MAIN'],
  ['JED1', 'JED-MAIN'],
  ['DMM1', 'DMM-MAIN'],
  ['MED1', 'MED-MAIN'],
] as const;

export const variants = ['unchanged', 'changed'] as const;
export type Variant = (typeof variants)[number];

/** What one measuring process is told. */
export interface Task {
  readonly configFile: string;
  readonly schema: string;
  readonly file: string;
  readonly lines: number;
  /** Plan items that have to come out of it. */
  readonly changes: number;
  /** Unmeasured rounds before the measured one. */
  readonly warmUps: number;
}

/** What OTO shows of the line with this number: never so low or so high that a guard asks for a person. */
export function onHand(line: number): number {
  return 20 + ((line * 7919) % 480);
}

/** One line in fifty differs in the changed variant: half of them by one more, half of them by one less. */
function quantity(line: number, variant: Variant): number {
  if (variant === 'unchanged' || line % 50 !== 7) return onHand(line);
  return onHand(line) + (line % 100 === 7 ? 1 : -1);
}

export function changesOf(lines: number, variant: Variant): number {
  return variant === 'unchanged' ? 0 : lines / 50;
}

export function skuOf(line: number): string {
  return `SKU-${String(Math.floor(line / places.length) + 1).padStart(7, '0')}`;
}

export async function writeExport(folder: string, lines: number, variant: Variant): Promise<string> {
  const path = join(folder, 'stock.csv');
  const out = createWriteStream(path);
  out.write('Item No.,Location Code,Qty on Hand,Unit of Measure\n');
  let text = '';
  for (let line = 0; line < lines; line += 1) {
    text += `${skuOf(line)},${places[line % places.length]?.[1]},${quantity(line, variant)},PCS\n`;
    if (text.length < 1_000_000 && line < lines - 1) continue;
    if (!out.write(text)) await once(out, 'drain');
    text = '';
  }
  out.end();
  await once(out, 'finish');
  // A file counts as complete once it has not changed for a while.
  const written = new Date(Date.now() - 60_000);
  await utimes(path, written, written);
  return path;
}

export function configOf(folder: string, databaseUrl: string, schema: string): string {
  return stringify({
    timezone: 'Asia/Riyadh',
    oto: { environment: 'simulator', baseUrl: 'http://127.0.0.1:9/rest/v2/', refreshToken: 'bench-refresh-token' },
    database: { url: databaseUrl, schema },
    sources: {
      erp: {
        connector: 'csv',
        units: { PCS: '1', CTN12: '12' },
        options: {
          dir: folder,
          stock: {
            files: 'stock.csv',
            columns: {
              sku: 'Item No.',
              location: 'Location Code',
              quantity: 'Qty on Hand',
              unit: 'Unit of Measure',
            },
          },
        },
      },
    },
    locations: places.map(([oto, erp]) => ({ oto, source: 'erp', erp: [erp] })),
    flows: { stock: { from: 'erp' } },
  });
}
