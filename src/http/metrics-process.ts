import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';
import type { FlowName } from '../config/schema.ts';
import type { OutcomeEvent, WebhookType } from '../oto/index.ts';
import type { Database } from '../store/db.ts';
import type { HintResult } from './hooks.ts';
import type { Answered } from './server.ts';
import type { WebhookResult } from './webhooks.ts';

/** What this process counts by itself. Over several workers, sums of these are right. */
export interface ProcessMetrics {
  onOutcome(event: OutcomeEvent): void;
  onAnswer(answer: Answered): void;
  onHint(source: string, result: HintResult): void;
  onEvent(type: WebhookType | 'unknown', result: WebhookResult): void;
}

const seconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function processMetrics(
  registry: Registry,
  { db, version, flows }: { db: Database; version: string; flows: readonly FlowName[] },
): ProcessMetrics {
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'oto_bridge_info',
    help: 'Always 1: which release runs.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  const configured = new Gauge({
    name: 'oto_bridge_flow_enabled',
    help: 'Always 1: the flow is configured and switched on.',
    labelNames: ['flow'],
    registers,
  });
  for (const flow of flows) configured.set({ flow }, 1);
  const calls = new Counter({
    name: 'oto_bridge_oto_calls_total',
    help: 'Calls to OTO by this process, by what came of them. `code`: of OTO, else the HTTP status, else empty.',
    labelNames: ['endpoint', 'outcome', 'code'],
    registers,
  });
  const latency = new Histogram({
    name: 'oto_bridge_oto_call_seconds',
    help: 'From handing a call to a connection until the end of its answer.',
    labelNames: ['endpoint'],
    buckets: seconds,
    registers,
  });
  const waits = new Histogram({
    name: 'oto_bridge_limiter_wait_seconds',
    help: 'For how long calls to OTO waited for their turn: a free slot and the rate.',
    buckets: seconds,
    registers,
  });
  const hints = new Counter({
    name: 'oto_bridge_hints_total',
    help: 'Hints of ERPs by source (`unknown` for one that is not configured) and result.',
    labelNames: ['source', 'result'],
    registers,
  });
  const events = new Counter({
    name: 'oto_bridge_webhook_events_total',
    help: 'Events that OTO sent, by type and result.',
    labelNames: ['type', 'result'],
    registers,
  });
  const requests = new Histogram({
    name: 'oto_bridge_http_request_seconds',
    help: 'Requests to this server, by route, method and status.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.25, 1, 5],
    registers,
  });
  new Gauge({
    name: 'oto_bridge_database_connections',
    help: 'Connections of the pool of this process, by state; `waiting`: pieces of work that wait for one.',
    labelNames: ['state'],
    registers,
    collect() {
      const { open, idle, waiting, max } = db.pool();
      this.set({ state: 'busy' }, open - idle);
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'waiting' }, waiting);
      this.set({ state: 'most' }, max);
    },
  });
  return {
    onOutcome({ endpoint, outcome, spent }) {
      calls.inc({ endpoint, outcome: outcome.kind, code: codeOf(outcome) });
      if (spent.sending > 0) latency.observe({ endpoint }, spent.sending / 1000);
      waits.observe(spent.waiting / 1000);
    },
    onAnswer({ route, method, status, seconds: took }) {
      requests.observe({ route: route === '' ? 'none' : route, method, status }, took);
    },
    onHint: (source, result) => hints.inc({ source, result }),
    onEvent: (type, result) => events.inc({ type, result }),
  };
}

/** OTO's codes are known to be few; what it makes up beside them must not make series without end. */
function codeOf(outcome: OutcomeEvent['outcome']): string {
  if ('otoCode' in outcome && outcome.otoCode !== undefined)
    return /^OTO\d{1,4}$/.test(outcome.otoCode) ? outcome.otoCode : 'other';
  return 'status' in outcome && outcome.status !== undefined && outcome.status > 0 ? String(outcome.status) : '';
}
