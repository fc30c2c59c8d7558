import { counted } from '../lib/text.ts';
import { day, formatDuration } from '../lib/time.ts';
import { clearStale, ensureAlarm } from '../store/alarms.ts';
import { arrivedDocuments } from '../store/documents.ts';
import type { Queryable } from '../store/queryable.ts';
import { lastSign, type Run, type RunNote, signHistory } from '../store/runs.ts';
import type { RunContext } from './context.ts';
import { shrinkOf, silenceOf } from './silence.ts';

/**
 * The signs of a run are what it brought, by name, and each is judged by its own history:
 *
 * `read`            rows that say something new; documents that are new; orders on OTO's packing lists
 * `landed`          operations that OTO, or the ERP, has taken
 * `documents/RUH1`  new documents of a location
 * `orders/RUH1`     orders on the packing list of a location
 * `rows`, `rows/RUH1`  how long a list is, as a whole and for a location: it may shrink, and need not bring anything new
 */
export type SignName = string;

/** Which documents have been counted: the greatest id. It is no sign of its own. */
const upTo = 'upTo';

/** The history that counts. */
const historyDays = 70;

interface Judgement {
  readonly kind: 'silent' | 'shrunk';
  readonly sign: SignName;
  readonly message: string;
}

/** Completes what the flow itself has counted. */
export async function completeSigns({ db, run, signs, tally }: RunContext): Promise<void> {
  signs.set('landed', tally.landed);
  if (run.flow === 'packing' || run.flow === 'stock-back') signs.set('read', tally.read);
  if (run.flow !== 'documents' || run.source === null) return;
  // Also those that the stock flow read: it needs them before it judges a figure.
  const before = await lastSign(db, run, upTo);
  const { last, places } = await arrivedDocuments(db, run.source, before ?? null);
  signs.set(upTo, last);
  signs.set('read', 0);
  for (const { location, count } of before === undefined ? [] : places) {
    signs.set('read', (signs.get('read') ?? 0) + count);
    signs.set(`documents/${location}`, count);
  }
}

/**
 * Judges what a run of a whole flow brought by what its runs before it brought, raises an alarm for what has stopped coming, and ends
 * those of what came again. The notes ask for a person at every run, as long as it lasts: a green run would say that all is well.
 */
export async function judgeSigns({ db, run, signs, config, log }: RunContext): Promise<RunNote[]> {
  const at = run.started_at.getTime();
  const since = new Date(at - historyDays * day);
  // A place of which nothing came has to be judged too.
  for (const { oto } of config.locations) {
    if (run.flow === 'documents' && !signs.has(`documents/${oto}`)) signs.set(`documents/${oto}`, 0);
  }
  const found: Judgement[] = [];
  for (const [sign, amount] of signs) {
    if (sign === upTo) continue;
    const judged = await judge(db, run, { sign, amount, at, since });
    if (judged !== undefined) found.push(judged);
  }
  // What was not read cannot have been sent.
  const silent = new Set(found.filter((one) => one.kind === 'silent').map((one) => one.sign));
  const told = found.filter(({ kind, sign }) => kind === 'shrunk' || sign === 'read' || !silent.has('read'));
  const notes: RunNote[] = [];
  for (const { kind, sign, message } of told) {
    await ensureAlarm(db, { kind, subject: subjectOf(run.flow, sign), message, hint: hints[kind] });
    log.warn({ sign, kind }, message);
    notes.push({ kind, message, hint: hints[kind], new: true });
  }
  for (const kind of ['silent', 'shrunk'] as const) {
    const subjects = told.filter((one) => one.kind === kind).map((one) => subjectOf(run.flow, one.sign));
    await clearStale(db, kind, run.flow, subjects);
  }
  return notes;
}

function subjectOf(flow: string, sign: SignName): string {
  return sign.startsWith(`${flow}/`) ? sign : `${flow}/${sign}`;
}

const hints = {
  silent:
    'Check that the ERP still exports, and that the locations, the rights of its user and the schedule are right. It is over when something comes again, or when this has become usual.',
  shrunk:
    'Check the export: a filter, a right or a company may be missing. What is not listed keeps its figures. A size that lasts for more than a week is taken for the usual one.',
};

interface Judged {
  readonly sign: SignName;
  readonly amount: number;
  readonly at: number;
  readonly since: Date;
}

async function judge(db: Queryable, run: Run, { sign, amount, at, since }: Judged): Promise<Judgement | undefined> {
  if (sign === 'rows' || sign.startsWith('rows/')) {
    // A place of which nothing at all is listed is an alarm of its own, and so is a read without rows.
    if (amount === 0) return undefined;
    const shrink = shrinkOf(await signHistory(db, run, sign, since), { at, amount });
    if (shrink === undefined) return undefined;
    const message = `${whatOf(run, sign)}: ${counted(amount, 'row', 'rows')}, where it has never been fewer than ${shrink.least}.`;
    return { kind: 'shrunk', sign, message };
  }
  if (amount > 0) return undefined;
  const silence = silenceOf(await signHistory(db, run, sign, since), { at, amount });
  if (silence === undefined) return undefined;
  const message = `${whatOf(run, sign)} for ${formatDuration(silence.lasts)}, since ${new Date(silence.since).toISOString()}; by its history it should have been sooner.`;
  return { kind: 'silent', sign, message };
}

function whatOf(run: Run, sign: SignName): string {
  const place = sign.slice(sign.indexOf('/') + 1);
  if (sign === 'rows') return `The ${run.flow} of "${run.source}" have become far fewer`;
  if (sign.startsWith('rows/')) return `The ${run.flow} of "${run.source}" for ${place} have become far fewer`;
  if (sign.startsWith('documents/')) return `No new document for ${place} has come`;
  if (sign.startsWith('orders/')) return `No order has stood on the packing list of ${place}`;
  if (sign === 'landed')
    return `No run of "${run.flow}" has changed anything in ${run.flow === 'stock-back' ? 'the ERP' : 'OTO'}`;
  if (run.flow === 'packing') return 'No order has stood on any packing list';
  return `No run of "${run.flow}" has read anything new`;
}

/** Ends the alarms of a flow that is judged no more: it was switched off, or taken out of the configuration. */
export async function forgetSigns(db: Queryable, flow: string): Promise<void> {
  for (const kind of ['silent', 'shrunk', 'slot-missed']) await clearStale(db, kind, flow, []);
}
