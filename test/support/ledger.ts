/** What must hold of the ledger of operations, whatever has happened. */
import { expect } from 'vitest';
import { mayBecome, type OperationState } from '../../src/model/index.ts';
import type { Database } from '../../src/store/db.ts';

interface Entry {
  readonly id: number;
  readonly key: string;
  readonly state: OperationState;
  readonly verdict: string | null;
  readonly fence: number;
  readonly from: OperationState | null;
  readonly to: OperationState;
  readonly who: string;
  readonly why: string;
  readonly claim: number | null;
}

const verdictStates: readonly OperationState[] = ['landed', 'refused', 'superseded', 'cancelled'];

/**
 * Every operation begins unsent; each of its steps is in the table, follows on the one before and says who and why; the row stands where
 * the last one led; claims raise the fence; and of a key at most one operation is unsent and one in flight. `prefix`: of the keys.
 */
export async function expectLedger(db: Database, prefix = ''): Promise<void> {
  const entries = await db.query<Entry>(
    `select o.id, o.key, o.state, o.verdict, o.fence, e."from", e."to", e.who, e.why, (e.detail ->> 'fence')::int as claim
     from operation o left join operation_event e on e.operation_id = o.id
     where starts_with(o.key, $1) order by o.id, e.id`,
    [prefix],
  );
  for (const life of Map.groupBy(entries, (entry) => entry.id).values()) {
    const [first] = life;
    if (first === undefined) continue;
    const story = `operation ${first.id}: ${life.map(({ from, to, why }) => `${from} → ${to} (${why})`).join('; ')}`;
    let at: OperationState | null = null;
    let fence = 0;
    for (const { from, to, who, why, claim } of life) {
      expect(from, story).toBe(at);
      expect(from === null ? ['ready', 'waiting'].includes(to) : mayBecome(from, to), story).toBe(true);
      expect(who, story).not.toBe('');
      expect(why, story).not.toBe('');
      if (to === 'sending') {
        expect(claim, story).toBeGreaterThan(fence);
        fence = claim ?? 0;
      }
      at = to;
    }
    expect(first.state, story).toBe(at);
    expect(first.verdict, story).toBe(verdictStates.includes(first.state) ? first.state : null);
    expect(first.fence, story).toBeGreaterThanOrEqual(fence);
  }
  const crowded = await db.query(
    `select kind, key from operation where starts_with(key, $1) group by kind, key
     having count(*) filter (where state in ('ready', 'waiting')) > 1 or count(*) filter (where state in ('sending', 'unknown')) > 1`,
    [prefix],
  );
  expect(crowded).toEqual([]);
}
