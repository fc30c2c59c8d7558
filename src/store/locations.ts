import type { Queryable } from './queryable.ts';

/** A pickup location of the OTO account. */
export interface OtoLocation {
  readonly code: string;
  readonly name: string | null;
  readonly kind: 'warehouse' | 'branch';
  readonly city: string | null;
}

export async function storeLocations(db: Queryable, locations: readonly OtoLocation[]): Promise<void> {
  await db.query(
    `insert into oto_location (code, name, kind, city)
     select code, name, kind, city from jsonb_to_recordset($1::jsonb) as l(code text, name text, kind text, city text)
     on conflict (code) do update set name = excluded.name, kind = excluded.kind, city = excluded.city, seen_at = now()`,
    [JSON.stringify(locations)],
  );
}

/** The locations that OTO named within so many milliseconds. */
export async function recentLocations(db: Queryable, withinMs: number): Promise<string[]> {
  const rows = await db.query<{ code: string }>(
    `select code from oto_location where seen_at > now() - $1 * interval '1 millisecond'`,
    [withinMs],
  );
  return rows.map((row) => row.code);
}

/** What OTO calls the locations, by code. */
export async function locationNames(db: Queryable, codes: readonly string[]): Promise<Map<string, string | null>> {
  const rows = await db.query<{ code: string; name: string | null }>(
    'select code, name from oto_location where code = any($1::text[])',
    [codes],
  );
  return new Map(rows.map(({ code, name }) => [code, name]));
}
