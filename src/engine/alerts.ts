import { setTimeout as delay } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import type { Config } from '../config/schema.ts';
import { messageOf } from '../lib/errors.ts';
import { hashOf } from '../lib/hash.ts';
import type { Logger } from '../lib/log.ts';
import type { Redactor } from '../lib/redact.ts';
import { joinSignals } from '../lib/signals.ts';
import { getAccount } from '../store/account.ts';
import { type Alert, alertFailed, alertRefused, alertTold, claimAlert, useReceiver } from '../store/alerts.ts';
import type { Database } from '../store/db.ts';

export interface AlertOptions {
  readonly config: Config;
  readonly db: Database;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly dispatcher: Dispatcher;
  /** How often it is looked whether there is something to tell. */
  readonly everyMs?: number;
}

export interface Alerts {
  /** Tells all there is to tell now. Never throws. */
  deliver(): Promise<void>;
  /** Ends the telling; what waits is told first, as far as that takes no longer than `graceMs`. */
  close(graceMs: number): Promise<void>;
}

const everyMs = 2_000;
/** Longer than a delivery may take, so that no other process tells the same meanwhile. */
const spareMs = 30_000;

/**
 * Tells the configured receiver of alarms, beside everything else: no run waits for it or fails with it. Undefined where there is
 * no receiver. Once over all processes, and again only when it is unknown whether the receiver took it.
 */
export async function startAlerts(options: AlertOptions): Promise<Alerts | undefined> {
  const { config, db, log } = options;
  const { webhook, repeatHours } = config.alerts;
  if (webhook === undefined) return undefined;
  const fingerprint = hashOf([webhook.url, webhook.headers]);
  const timeoutMs = webhook.timeoutSeconds * 1000;
  const stopping = new AbortController();
  let known = false;

  async function round(): Promise<void> {
    if (!known) await useReceiver(db, fingerprint);
    known = true;
    for (;;) {
      const claim = { fingerprint, repeatHours: repeatHours ?? null, leaseMs: timeoutMs + spareMs };
      const alert = await claimAlert(db, claim);
      if (alert === undefined) return;
      const result = await post(alert);
      const why = result.kind === 'taken' ? '' : options.redactor.text(result.why);
      const fields = { alarm: alert.id, kind: alert.kind, what: alert.what };
      if (result.kind === 'taken') {
        await alertTold(db, alert);
        log.debug(fields, 'alert delivered');
      } else if (result.kind === 'refused') {
        await alertRefused(db, alert, fingerprint, why);
        log.error({ ...fields, reason: why }, 'the receiver of alerts does not take this one');
      } else {
        await alertFailed(db, alert, fingerprint, why);
        log.warn({ ...fields, reason: why }, 'the receiver of alerts cannot be reached; tried again later');
        return;
      }
    }
  }

  async function post(alert: Alert): Promise<Posted> {
    const account = await getAccount(db);
    using ends = joinSignals(AbortSignal.timeout(timeoutMs), stopping.signal);
    const body = options.redactor.data(alertBody(alert, config, account?.fingerprint));
    try {
      const answer = await request(webhook?.url ?? '', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'oto-bridge', ...webhook?.headers },
        body: JSON.stringify(body),
        dispatcher: options.dispatcher,
        signal: ends.signal,
      });
      await answer.body.dump();
      return judge(answer.statusCode);
    } catch (error) {
      return { kind: 'failed', why: `The receiver of alerts does not answer: ${messageOf(error)}.` };
    }
  }

  let running: Promise<void> | undefined;
  const deliver = (): Promise<void> => {
    running ??= round()
      .catch((error: unknown) => log.debug({ reason: messageOf(error) }, 'alerts have to wait for the database'))
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const timer = setInterval(() => void deliver(), options.everyMs ?? everyMs);
  timer.unref();

  return {
    deliver,
    async close(graceMs) {
      clearInterval(timer);
      const done = (async () => {
        await running;
        await deliver();
      })();
      await Promise.race([done, delay(graceMs, undefined, { ref: false })]);
      stopping.abort(new Error('this process ends'));
      // What came of a delivery that was broken off is written down, if the database is there.
      await Promise.race([done, delay(1000, undefined, { ref: false })]);
    },
  };
}

type Posted = { readonly kind: 'taken' } | { readonly kind: 'refused' | 'failed'; readonly why: string };

/** Answers that ask to come again: too early, too many, timed out, and every fault of the receiver's own. */
const comeAgain = [408, 425, 429];

function judge(status: number): Posted {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const why = `The receiver of alerts answered ${status}.`;
  if (status >= 500 || comeAgain.includes(status)) return { kind: 'failed', why };
  return { kind: 'refused', why: `${why} Check alerts.webhook.url and its headers.` };
}

/** What is posted: docs/alerts.md describes it. */
export function alertBody(alert: Alert, config: Config, account: string | undefined): Record<string, unknown> {
  const state = alert.what === 'cleared' ? 'cleared' : 'raised';
  const bridge = config.alerts.name ?? config.database.schema;
  const said = { raised: 'ALARM', reminder: 'STILL', cleared: 'OVER' }[alert.what];
  return {
    version: 1,
    delivery: `${alert.id}/${alert.what}${alert.what === 'reminder' ? `/${alert.reminders + 1}` : ''}`,
    text: `[${bridge}] ${said}: ${alert.message}${state === 'raised' && alert.hint !== null ? ` ${alert.hint}` : ''}`,
    id: alert.id,
    state,
    reminder: alert.what === 'reminder' ? alert.reminders + 1 : 0,
    kind: alert.kind,
    subject: alert.subject,
    message: alert.message,
    hint: alert.hint,
    count: alert.count,
    firstAt: alert.first_at.toISOString(),
    lastAt: alert.last_at.toISOString(),
    clearedAt: state === 'cleared' ? (alert.cleared_at?.toISOString() ?? null) : null,
    bridge,
    environment: config.oto.environment,
    account: account?.slice(0, 12) ?? null,
  };
}
