import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import { BridgeError } from '../lib/errors.ts';
import type { OtoClient, Outcome, ResponseOf, WebhookType } from '../oto/index.ts';
import type { Bridge } from './context.ts';
import { engineErrors } from './errors.ts';

/** What OTO lets an account have. */
export const mostWebhooks = 10;

export type Settings = NonNullable<Config['webhooks']>;
type Row = ResponseOf<'getWebhook'>['webhooks'][number];

/** A webhook as OTO lists it, without its keys. */
export interface ListedWebhook {
  readonly id: string;
  readonly url: string;
  readonly method: string;
  /** By its address, where it is one of ours; else as OTO says, which it may not. */
  readonly type: string | null;
  /** It leads to the address in the configuration. */
  readonly ours: boolean;
  /** Whether it has the keys of the configuration; null where OTO does not show them, or it is not ours. */
  readonly keysFit: boolean | null;
}

/** What has to be done so that OTO tells of a type. */
export interface Step {
  readonly type: WebhookType;
  readonly url: string;
  readonly action: 'none' | 'create' | 'update';
  /** Of the one to update. */
  readonly id: string | null;
  /** What differs. */
  readonly why: readonly string[];
}

export interface Done extends Step {
  /** `registered`: OTO lists it so. `refused`; `unknown`: OTO did not answer, and does not list it. `open`: nothing was sent. */
  readonly state: 'registered' | 'refused' | 'unknown' | 'open';
  readonly reason: string | null;
}

/** Of the times in events: milliseconds can be put in order, other forms only by who knows their zone. */
const timeFormat = 'time format';

const pathOf = (type: string) => `/webhooks/oto/${type}`;

export function addressOf({ url }: Pick<Settings, 'url'>, type: WebhookType): string {
  return `${url.replace(/\/+$/, '')}${pathOf(type)}`;
}

/** @throws BridgeError WEBHOOKS_OFF */
export function requireSettings({ webhooks }: Config): Settings {
  if (webhooks !== undefined) return webhooks;
  throw new BridgeError(engineErrors.WEBHOOKS_OFF, {
    message: 'The configuration says nothing of webhooks.',
    hint: 'Write `webhooks` with url, authorizationKey and secretKey; docs/webhooks.md shows how.',
  });
}

/** @throws BridgeError when OTO cannot be read */
export async function readWebhooks(oto: OtoClient, signal?: AbortSignal): Promise<Row[]> {
  return (await oto.read('getWebhook', {}, { signal })).webhooks;
}

export function listed(rows: readonly Row[], settings: Settings | undefined): ListedWebhook[] {
  return rows.map((row) => {
    const url = row.url ?? '';
    const ours = settings?.types.find((type) => addressOf(settings, type) === url);
    const type = ours ?? row.webhookType ?? null;
    const keysFit = settings === undefined || ours === undefined ? null : sameKeys(row, settings);
    return {
      id: String(row.id ?? ''),
      url,
      method: (row.method ?? '').toUpperCase(),
      type,
      ours: ours !== undefined,
      keysFit,
    };
  });
}

function sameKeys(row: Row, settings: Settings): boolean | null {
  const shown = [row.secretKey, row.authorizationKey];
  if (shown.some((key) => key === undefined || key === null || key === '')) return null;
  return row.secretKey === settings.secretKey && row.authorizationKey === settings.authorizationKey;
}

/**
 * What has to be done so that OTO tells of every type, once each. One that leads to our path at another address is one of ours from before a
 * move: it is changed, not left beside a second one.
 */
export function registration(rows: readonly Row[], settings: Settings): Step[] {
  const taken = new Set<Row>();
  const found = settings.types.map((type) => {
    const url = addressOf(settings, type);
    const row = rows.find((one) => one.url === url) ?? rows.find((one) => leadsTo(one.url, type));
    if (row !== undefined) taken.add(row);
    return { type, url, row };
  });
  return found.map(({ type, url, row }): Step => {
    if (row === undefined) return { type, url, action: 'create', id: null, why: [] };
    const why = [
      ...(row.url === url ? [] : ['address']),
      ...((row.method ?? '').toUpperCase() === settings.method ? [] : ['method']),
      ...(sameKeys(row, settings) === false ? ['keys'] : []),
      ...(row.timestampFormat ? [timeFormat] : []),
      ...(row.webhookType && !isType(row.webhookType, type) ? ['type'] : []),
    ];
    return { type, url, action: why.length > 0 ? 'update' : 'none', id: String(row.id ?? ''), why };
  });
}

function leadsTo(url: string | null | undefined, type: WebhookType): boolean {
  return typeof url === 'string' && URL.canParse(url) && new URL(url).pathname.endsWith(pathOf(type));
}

/** OTO spells one of them in two ways. */
function isType(written: string, type: WebhookType): boolean {
  return written === type || (type === 'walletTransaction' && written === 'walletTransactions');
}

/** @throws BridgeError WEBHOOK_LIMIT */
export function requirePlaces(rows: readonly Row[], steps: readonly Step[]): void {
  const wanted = steps.filter(({ action }) => action === 'create').length;
  if (rows.length + wanted <= mostWebhooks) return;
  throw new BridgeError(engineErrors.WEBHOOK_LIMIT, {
    message: `OTO takes at most ${mostWebhooks} webhooks of an account. It has ${rows.length}, and ${wanted} more would be needed. Nothing was changed.`,
    hint: 'Remove one that nobody needs (`oto-bridge webhooks list`, `webhooks remove ID`), or leave out types in `webhooks.types`.',
    data: { registered: rows.length, wanted, most: mostWebhooks },
  });
}

/**
 * Carries the steps out, and looks after what became of them. A call whose answer is lost is not sent again: OTO's list tells whether it
 * landed, and if it does not, a later registration begins with that same look.
 */
export async function register(bridge: Bridge, settings: Settings, signal: AbortSignal): Promise<Done[]> {
  const { oto } = bridge;
  const rows = await readWebhooks(oto, signal);
  const steps = registration(rows, settings);
  requirePlaces(rows, steps);
  const outcomes = new Map<WebhookType, Outcome<unknown>>();
  for (const step of steps)
    if (step.action !== 'none') outcomes.set(step.type, await send(oto, step, settings, signal));
  const isLost = [...outcomes.values()].some(({ kind }) => kind === 'unknown');
  if (isLost) await delay(bridge.config.oto.settleSeconds * 1000, undefined, { signal });
  const after = registration(outcomes.size === 0 ? rows : await readWebhooks(oto, signal), settings);
  return steps.map((step, index): Done => {
    const now = after[index];
    const outcome = outcomes.get(step.type);
    const id = now?.id ?? step.id;
    if (now?.action === 'none') return { ...step, id, state: 'registered', reason: null };
    const reason = outcome === undefined || outcome.kind === 'ok' ? 'OTO does not list it so' : outcome.message;
    return { ...step, id, state: outcome?.kind === 'refused' ? 'refused' : 'unknown', reason };
  });
}

async function send(
  oto: OtoClient,
  { action, id, type, url, why }: Step,
  { method, authorizationKey, secretKey }: Settings,
  signal: AbortSignal,
): Promise<Outcome<unknown>> {
  const definition = { method, url, authorizationKey, secretKey, webhookType: type };
  return action === 'update' && id !== null
    ? oto.call(
        'putWebhook',
        { ...definition, id, ...(why.includes(timeFormat) ? { timestampFormat: '' } : {}) },
        { signal },
      )
    : oto.call('postWebhook', definition, { signal });
}

export interface Removed {
  readonly id: string;
  readonly state: 'removed' | 'refused' | 'unknown';
  readonly reason: string | null;
}

/** Removes webhooks by their ids, and looks after what became of it. */
export async function remove(bridge: Bridge, ids: readonly string[], signal: AbortSignal): Promise<Removed[]> {
  const { oto, config } = bridge;
  const outcomes = new Map<string, Outcome<unknown>>();
  for (const id of ids) outcomes.set(id, await oto.call('deleteWebhook', { id }, { signal }));
  const isLost = [...outcomes.values()].some(({ kind }) => kind === 'unknown');
  if (isLost) await delay(config.oto.settleSeconds * 1000, undefined, { signal });
  const left = new Set((await readWebhooks(oto, signal)).map(({ id }) => String(id)));
  return ids.map((id): Removed => {
    const outcome = outcomes.get(id);
    // Whoever took it away, it is gone.
    if (!left.has(id)) return { id, state: 'removed', reason: null };
    const reason = outcome === undefined || outcome.kind === 'ok' ? 'OTO still lists it' : outcome.message;
    return { id, state: outcome?.kind === 'refused' ? 'refused' : 'unknown', reason };
  });
}
