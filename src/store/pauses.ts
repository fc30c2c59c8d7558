import type { Queryable } from './queryable.ts';

export type PauseScope = 'flow' | 'account' | 'family';

/** Something that is stopped: a flow by a person, the account or a family of endpoints by OTO's refusal. */
export interface Pause {
  readonly scope: PauseScope;
  readonly name: string;
  readonly code: string | null;
  readonly reason: string;
  readonly since: Date;
  readonly paused_by: string;
  readonly probed_at: Date | null;
}

export async function setPause(
  db: Queryable,
  pause: { scope: PauseScope; name: string; code?: string | undefined; reason: string; by: string },
): Promise<boolean> {
  const rows = await db.query(
    `insert into pause (scope, name, code, reason, paused_by) values ($1, $2, $3, $4, $5)
     on conflict (scope, name) do nothing returning name`,
    [pause.scope, pause.name, pause.code ?? null, pause.reason, pause.by],
  );
  return rows.length > 0;
}

export async function endPause(db: Queryable, scope: PauseScope, name: string): Promise<boolean> {
  const rows = await db.query('delete from pause where scope = $1 and name = $2 returning name', [scope, name]);
  return rows.length > 0;
}

export async function listPauses(db: Queryable): Promise<Pause[]> {
  return db.query<Pause>('select * from pause order by since');
}

/** Pauses of OTO's making whose last probe is long enough ago; the probe is noted, so that only one process asks. */
export async function claimProbes(db: Queryable, everyMs: number): Promise<Pause[]> {
  return db.query<Pause>(
    `update pause set probed_at = now()
     where scope <> 'flow' and coalesce(probed_at, since) < now() - $1 * interval '1 millisecond' returning *`,
    [everyMs],
  );
}
