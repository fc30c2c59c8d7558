/**
 * The least that brings a file to OTO: `node bench/bare-receipt.ts FOLDER BASE-URL REFRESH-TOKEN` watches a folder, reads what is renamed
 * into it and posts it.
 */
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'undici';

const [, , folder = '', baseUrl = '', refreshToken = ''] = process.argv;
const { origin, pathname } = new URL(baseUrl);
const pool = new Pool(origin, { connections: 1 });

async function post(path: string, body: unknown, token?: string): Promise<Record<string, unknown>> {
  const answer = await pool.request({
    method: 'POST',
    path: `${pathname}${path}`,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  return (await answer.body.json()) as Record<string, unknown>;
}

const token = String((await post('refreshToken', { refresh_token: refreshToken })).access_token);
const seen = new Set<string>();

async function take(name: string): Promise<void> {
  if (seen.has(name)) return;
  seen.add(name);
  const [, ...lines] = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
  const rows = lines.map((line) => line.split(','));
  await post(
    'createInventoryOrder',
    {
      action: 'inbound',
      locationCode: 'RUH1',
      waybillNumber: rows[0]?.[2],
      items: rows.map((row) => ({ sku: row[5], qty: Number(row[6]) })),
    },
    token,
  );
}

watch(folder, (_event, name) => {
  if (name?.startsWith('documents-') === true) void take(name);
});
process.stdout.write('ready\n');
process.on('disconnect', () => process.exit());
