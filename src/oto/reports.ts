import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { ApiName } from './api.ts';
import type { ClientStats, OutcomeEvent, Spent } from './client-types.ts';
import type { Endpoint } from './endpoints.ts';
import type { Outcome } from './outcome.ts';

/** Tells of each call what came of it: to the log, to those who listen, and in sums. */
export interface Reports {
  report(endpoint: Endpoint, outcome: Outcome<unknown>, ms: number, spent: Spent): void;
  /** Returns the listener's removal. */
  listen(listener: (event: OutcomeEvent) => void): () => void;
  outcomes(): ClientStats['outcomes'];
}

export function createReports(log: Logger): Reports {
  const listeners = new Set<(event: OutcomeEvent) => void>();
  const outcomes: Record<string, Partial<Record<Outcome<unknown>['kind'], number>>> = {};

  return {
    report(endpoint, outcome, ms, spent) {
      const counts = outcomes[endpoint.name] ?? {};
      counts[outcome.kind] = (counts[outcome.kind] ?? 0) + 1;
      outcomes[endpoint.name] = counts;
      const level = outcome.kind === 'paused' ? 'warn' : 'debug';
      if (log.isLevelEnabled(level)) {
        const code = outcome.kind === 'ok' || !('otoCode' in outcome) ? undefined : outcome.otoCode;
        const status = 'status' in outcome ? outcome.status : undefined;
        const fields = { endpoint: endpoint.name, outcome: outcome.kind, status, code, ms: Math.round(ms) };
        log[level](outcome.kind === 'ok' ? fields : { ...fields, message: outcome.message }, 'OTO call');
      }
      const bare = endpoint.confidential === true && outcome.kind === 'ok';
      const told = bare ? { ...outcome, data: {}, raw: '' } : outcome;
      for (const listener of listeners) {
        try {
          listener({ endpoint: endpoint.name as ApiName, outcome: told, ms, spent });
        } catch (error) {
          // A listener's slip must not make a call that landed look like one that failed.
          log.error({ error: messageOf(error) }, 'A listener of the OTO client failed');
        }
      }
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    outcomes: () => structuredClone(outcomes),
  };
}
