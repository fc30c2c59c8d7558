import type { Command } from 'commander';
import type { App } from '../app.ts';
import { engineErrors } from '../engine/errors.ts';
import { resolveOperation } from '../engine/resolve.ts';
import { markProcessed } from '../engine/settle-pending.ts';
import { BridgeError } from '../lib/errors.ts';
import type { Reopened } from '../store/document-alternatives.ts';
import {
  type DocumentState,
  findDocuments,
  getDocument,
  listDocuments,
  moveDocuments,
  type StoredDocument,
} from '../store/documents.ts';
import { transition } from '../store/operation-steps.ts';
import { listOperations, operationEvents } from '../store/operations.ts';
import { noteBase } from '../store/receipt-base.ts';
import { documentJson, showText, type Told } from './documents-rows.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, common, type ExitCode, wholeNumber, withApp, withFooter } from './frame.ts';
import { eventJson, operationJson } from './operations-rows.ts';
import { moment, print, table } from './output.ts';

interface DocumentOptions extends CommonOptions {
  readonly state?: string[];
  readonly location?: string;
  readonly limit?: string;
  readonly note?: string;
  readonly otoId?: string;
  readonly as?: string;
}

const documentStates = ['new', 'held', 'sending', 'pending', 'processed', 'skipped'] as const satisfies DocumentState[];

/** An operation with all that happened to it. */

export function registerDocuments(program: Command, exit: (code: ExitCode) => void): void {
  const group = withFooter(program.command('documents')).summary(
    'purchase receipts and disposals, and how far they are',
  );

  common(group.command('list'))
    .summary('list documents')
    .option('--state <state...>', `only these states (${documentStates.join(', ')})`)
    .option('--location <code>', 'only this OTO location')
    .option('--limit <n>', 'at most this many', '200')
    .addHelpText('after', '\nExample:\n  oto-bridge documents list --state pending')
    .action(async (options: DocumentOptions) => {
      const { rows, timezone } = await withApp(options, async (app) => ({
        rows: await listDocuments(app.bridge.db, {
          states: statesOf(options.state),
          location: options.location,
          limit: wholeNumber(options.limit ?? '200', 'limit'),
        }),
        timezone: app.bridge.config.timezone,
      }));
      print(options.json === true, { documents: rows.map(documentJson) }, () =>
        rows.length === 0
          ? 'No such documents.'
          : table(
              ['id', 'kind', 'number', 'date', 'location', 'lines', 'state', 'reference', 'sent', 'why'],
              rows.map((row) => [
                row.id,
                row.kind,
                row.number,
                row.date,
                row.location,
                row.lines.length,
                row.state,
                row.reference,
                moment(row.sent_at, timezone),
                row.why,
              ]),
            ),
      );
    });

  common(group.command('show <document>'))
    .summary('one document: by our id, its number, its reference or the ERP id')
    .addHelpText('after', '\nExample:\n  oto-bridge documents show GRN-10023')
    .action(async (text: string, options: DocumentOptions) => {
      const { document, operations, timezone } = await withApp(options, async (app) => {
        const found = await required(app, text);
        return {
          document: found,
          operations: await operationsOf(app, found),
          timezone: app.bridge.config.timezone,
        };
      });
      const json = operations.map((one) => ({ ...operationJson(one), events: one.events.map(eventJson) }));
      print(options.json === true, { ...documentJson(document), operations: json }, () =>
        showText(document, operations, timezone),
      );
    });

  common(group.command('processed <document>'))
    .summary("say that OTO's staff have processed it")
    .description(
      'From then on its units are no longer taken off the stock figure. Where the bridge had taken its goods for those of a receipt that looks alike, that one is pending again.',
    )
    .option('--note <text>', 'why, for those who ask later')
    .option('--as <name>', 'who says so')
    .addHelpText('after', '\nExample:\n  oto-bridge documents processed GRN-10023 --as Aisha')
    .action((text: string, options: DocumentOptions) =>
      change(text, options, async (app, document, signal) => {
        const why = options.note ?? 'a person says that it was processed';
        const reopened = await markProcessed(app.bridge, document, why, signal);
        if (reopened === undefined) throw wrongState(document, 'only pending documents can become processed');
        return reopened;
      }),
    );

  common(group.command('skip <document>'))
    .summary('never send it')
    .option('--note <text>', 'why, for those who ask later')
    .option('--as <name>', 'who says so')
    .addHelpText(
      'after',
      '\nExample:\n  oto-bridge documents skip GRN-10023 --note "entered in OTO by hand, and processed"',
    )
    .action((text: string, options: DocumentOptions) =>
      change(text, options, async (app, document) => {
        await skip(app, document, options.note);
        return [];
      }),
    );

  common(group.command('mark-sent <document>'))
    .summary('it was entered in OTO by hand')
    .description('No call is made. It counts as pending, like one that the bridge has sent.')
    .option('--oto-id <id>', 'the number that OTO gave it')
    .option('--note <text>', 'why, for those who ask later')
    .option('--as <name>', 'who says so')
    .addHelpText('after', '\nExample:\n  oto-bridge documents mark-sent GRN-10023 --oto-id 4038')
    .action((text: string, options: DocumentOptions) =>
      change(text, options, async (app, document) => {
        const from = await unsentStates(app, document);
        await move(app.bridge, document, from, 'pending', options.note ?? 'a person entered it in OTO', options.otoId);
        await noteBase(app.bridge.db, [document.id]);
        return [];
      }),
    );

  async function change(
    text: string,
    options: DocumentOptions,
    act: (app: App, document: StoredDocument, signal: AbortSignal) => Promise<readonly Reopened[]>,
  ): Promise<void> {
    const { document, reopened } = await withApp(options, async (app, signal) => {
      const found = await required(app, text);
      const reopened = await act(app, found, signal);
      return { document: (await getDocument(app.bridge.db, found.id)) ?? found, reopened };
    });
    print(options.json === true, { ...documentJson(document), reopened }, () =>
      [
        `Document ${document.number} (${document.id}) is ${document.state}: ${document.why ?? ''}`,
        ...reopened.map(
          ({ id, number }) =>
            `Document ${number} (${id}) is pending again: the goods that OTO showed had been taken for its own.`,
        ),
      ].join('\n'),
    );
    exit(0);
  }
}

/** @throws BridgeError CLI_USAGE */
function statesOf(texts: readonly string[] | undefined): DocumentState[] | undefined {
  const wrong = texts?.find((text) => !(documentStates as readonly string[]).includes(text));
  if (wrong === undefined) return texts as DocumentState[] | undefined;
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: `There is no state "${wrong}".`,
    hint: `States: ${documentStates.join(', ')}.`,
  });
}

/** @throws BridgeError NOT_FOUND */
async function required(app: App, text: string): Promise<StoredDocument> {
  const found = await findDocuments(app.bridge.db, text);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  // Our own id wins where somebody else's number looks the same.
  const byId = found.find((document) => String(document.id) === text);
  if (byId !== undefined) return byId;
  throw new BridgeError(engineErrors.NOT_FOUND, {
    message:
      found.length === 0
        ? `There is no document "${text}".`
        : `"${text}" fits ${found.length} documents: ${found.map((document) => `${document.id} (${document.kind} of ${document.date})`).join(', ')}.`,
    hint: found.length === 0 ? '`oto-bridge documents list` shows those that there are.' : 'Give the number in front.',
  });
}

async function move(
  { db, who }: App['bridge'],
  document: StoredDocument,
  from: readonly DocumentState[],
  to: DocumentState,
  why: string,
  otoId?: string,
): Promise<void> {
  const moved = await moveDocuments(db, [document.id], from, to, { why, otoId: otoId ?? null, by: who });
  if (moved.length === 0) throw wrongState(document, `only ${from.join(' or ')} documents can become ${to}`);
}

async function operationsOf(app: App, document: StoredDocument): Promise<Told[]> {
  const operations = await listOperations(app.bridge.db, { documentId: document.id });
  return Promise.all(operations.map(async (one) => ({ ...one, events: await operationEvents(app.bridge.db, one.id) })));
}

/** The states in which it is certain that OTO does not have a document: also while sending, once OTO has refused it. */
async function unsentStates(app: App, document: StoredDocument): Promise<readonly DocumentState[]> {
  const all = await listOperations(app.bridge.db, { documentId: document.id });
  const settled = all.length > 0 && all.every((one) => ['refused', 'cancelled', 'superseded'].includes(one.state));
  return settled ? ['new', 'held', 'sending'] : ['new', 'held'];
}

/** A document that is on its way has an operation: one that nobody has begun to send, or that is parked, is cancelled with it. */
async function skip(app: App, document: StoredDocument, note: string | undefined): Promise<void> {
  const why = note ?? 'a person does not want it sent';
  const unsent = await unsentStates(app, document);
  if (unsent.includes(document.state)) return move(app.bridge, document, unsent, 'skipped', why);
  const [operation] = await listOperations(app.bridge.db, {
    documentId: document.id,
    states: ['ready', 'waiting', 'parked'],
  });
  if (document.state !== 'sending' || operation === undefined)
    throw wrongState(document, 'OTO has it, or is just being sent it');
  if (operation.state === 'parked') {
    await resolveOperation(app.bridge, operation.id, 'cancel', { note: why });
    return;
  }
  await app.bridge.db.tx(async (tx) => {
    const moved = await transition(tx, operation.state, [{ id: operation.id, to: 'cancelled', why }], app.bridge.who);
    if (moved.length === 0) throw wrongState(document, 'it is just being sent');
    await moveDocuments(tx, [document.id], ['sending'], 'skipped', { why });
  });
}

function wrongState(document: StoredDocument, why: string): BridgeError {
  return new BridgeError(engineErrors.WRONG_STATE, {
    message: `Document ${document.number} (${document.id}) is ${document.state}: ${why}.`,
    hint: `\`oto-bridge documents show ${document.id}\` shows how it got there.`,
  });
}
