import type { Queryable } from './queryable.ts';

/** A starting state that a person has accepted. `location` is `*` for flows that know no location. */
export interface Adoption {
  readonly flow: string;
  readonly location: string;
  readonly adopted_at: Date;
  readonly adopted_by: string;
  readonly baseline: Readonly<Record<string, unknown>>;
}

export async function listAdoptions(db: Queryable, flow?: string): Promise<Adoption[]> {
  return db.query<Adoption>('select * from adoption where $1::text is null or flow = $1 order by flow, location', [
    flow ?? null,
  ]);
}

export async function adopt(
  db: Queryable,
  adoption: { flow: string; location: string; by: string; baseline: Record<string, unknown> },
): Promise<void> {
  await db.query(
    `insert into adoption (flow, location, adopted_by, baseline) values ($1, $2, $3, $4)
     on conflict (flow, location) do update set adopted_at = now(), adopted_by = excluded.adopted_by, baseline = excluded.baseline`,
    [adoption.flow, adoption.location, adoption.by, JSON.stringify(adoption.baseline)],
  );
}
