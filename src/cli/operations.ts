import type { Command } from 'commander';
import type { App } from '../app.ts';
import { engineErrors } from '../engine/errors.ts';
import { waitForOperation } from '../engine/pack.ts';
import { type Decision, resolveOperation, retryRefused } from '../engine/resolve.ts';
import { workWhereNobodyDoes } from '../engine/work.ts';
import { BridgeError } from '../lib/errors.ts';
import { lanes, type OperationState, operationStates, receiverOf } from '../model/index.ts';
import {
  getOperation,
  listOperations,
  type Operation,
  type OperationEvent,
  type OperationFilter,
  operationEvents,
} from '../store/operations.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, common, type ExitCode, wholeNumber, withApp, withFooter } from './frame.ts';
import { moment, print, table } from './output.ts';

interface FilterOptions extends CommonOptions {
  readonly state?: string[];
  readonly parked?: boolean;
  readonly flow?: string;
  readonly kind?: string;
  readonly sku?: string;
  readonly location?: string;
  readonly run?: string;
  readonly limit?: string;
}

interface ResolveOptions extends CommonOptions {
  readonly landed?: boolean;
  readonly resend?: boolean;
  readonly cancel?: boolean;
  readonly otoId?: string;
  readonly note?: string;
  readonly as?: string;
  readonly wait?: boolean;
}

export function registerOperations(program: Command, exit: (code: ExitCode) => void): void {
  const group = withFooter(program.command('operations')).summary('calls with a side effect, and what became of them');

  filters(common(group.command('list')))
    .summary('list operations, newest first')
    .option('--parked', 'those whose outcome nobody knows')
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge operations list --parked\n  oto-bridge operations list --state refused --flow stock --json',
    )
    .action(async (options: FilterOptions) => {
      const { rows, timezone } = await withApp(options, async (app) => ({
        rows: await listOperations(app.bridge.db, filterOf(options)),
        timezone: app.bridge.config.timezone,
      }));
      print(options.json === true, { operations: rows.map(operationJson) }, () =>
        rows.length === 0 ? 'No such operations.' : listText(rows, timezone),
      );
    });

  common(group.command('show <id>'))
    .summary('one operation: request, state before, every event, evidence')
    .addHelpText('after', '\nExample:\n  oto-bridge operations show 4711')
    .action(async (text: string, options: CommonOptions) => {
      const id = wholeNumber(text, 'operation number');
      const { operation, events, timezone } = await withApp(options, async (app) => ({
        operation: await required(app, id),
        events: await operationEvents(app.bridge.db, id),
        timezone: app.bridge.config.timezone,
      }));
      print(options.json === true, { ...operationJson(operation), events: events.map(eventJson) }, () =>
        showText(operation, events, timezone),
      );
    });

  common(group.command('resolve <id>'))
    .summary('decide what became of a parked operation')
    .description(
      'Looks at nothing and asks nobody: you have looked into OTO. `operations show ID` says what to search for there.',
    )
    .option('--landed', 'OTO has it')
    .option('--resend', 'OTO does not have it: send it')
    .option('--cancel', 'OTO does not have it, and it shall not be sent')
    .option('--oto-id <id>', 'with --landed: the number that OTO gave it')
    .option('--note <text>', 'why, for those who ask later')
    .option('--as <name>', 'who decides')
    .option('--no-wait', 'with --resend: leave the sending to the worker')
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge operations resolve 4711 --landed --oto-id 4038\n  oto-bridge operations resolve 4711 --resend --note "not in the list of inbound orders"',
    )
    .action(async (text: string, options: ResolveOptions) => {
      const id = wholeNumber(text, 'operation number');
      const decision = decisionOf(options);
      const operation = await withApp(options, async (app, signal) => {
        await resolveOperation(app.bridge, id, decision, { note: options.note, otoId: options.otoId });
        if (decision !== 'resend' || options.wait === false) return required(app, id);
        const worker = workWhereNobodyDoes(app.bridge);
        try {
          return await waitForOperation(app.bridge, id, 60_000, signal, worker.onWait);
        } finally {
          await worker.stop();
        }
      });
      print(
        options.json === true,
        operationJson(operation),
        () => `Operation ${id} is ${operation.state}: ${operation.why ?? ''}`,
      );
      exit(operation.state === 'refused' ? 1 : ['parked', 'unknown'].includes(operation.state) ? 2 : 0);
    });

  filters(common(group.command('retry')))
    .summary('send refused operations again')
    .description('Shows the refused operations that fit, and with --yes sends just these again.')
    .option('-y, --yes', 'send those that are shown')
    .option('--as <name>', 'who decides')
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge operations retry --flow stock\n  oto-bridge operations retry --flow stock --yes',
    )
    .action(async (options: FilterOptions & { yes?: boolean; as?: string }) => {
      const { rows, retried, timezone } = await withApp(options, async (app) => {
        const found = await listOperations(app.bridge.db, { ...filterOf(options), states: ['refused'] });
        return {
          rows: found,
          // Exactly the ids that were shown: what is refused meanwhile stays.
          retried:
            options.yes === true
              ? await retryRefused(
                  app.bridge,
                  found.map((row) => row.id),
                )
              : { queued: [], left: [] },
          timezone: app.bridge.config.timezone,
        };
      });
      print(
        options.json === true,
        { matched: rows.length, retried: retried.queued, left: retried.left, operations: rows.map(operationJson) },
        () => {
          if (rows.length === 0) return 'No refused operations fit.';
          const end =
            options.yes === true
              ? `${retried.queued.length} are queued again; the worker or the next sync sends them.`
              : `${rows.length} would be sent again: repeat with --yes.`;
          const left = retried.left.map(({ id, why }) => `${id} was left out: ${why}.`);
          return [listText(rows, timezone), '', end, ...left].join('\n');
        },
      );
    });
}

function filters(command: Command): Command {
  return command
    .option('--state <state...>', `only these states (${operationStates.join(', ')})`)
    .option('--flow <flow>', 'only this flow')
    .option('--kind <kind>', 'only this kind: stock-set, product-create, inventory-order, packing-status, erp-command')
    .option('--sku <sku>', 'only this SKU')
    .option('--location <code>', 'only this OTO location')
    .option('--run <run>', 'only this run')
    .option('--limit <n>', 'at most this many', '100');
}

function filterOf(options: FilterOptions): OperationFilter {
  const states = [...(options.state ?? []), ...(options.parked === true ? ['parked'] : [])];
  for (const state of states) {
    if (!(operationStates as readonly string[]).includes(state)) {
      throw new BridgeError(cliErrors.CLI_USAGE, {
        message: `There is no state "${state}".`,
        hint: `States: ${operationStates.join(', ')}.`,
      });
    }
  }
  return {
    ...(states.length === 0 ? {} : { states: states as OperationState[] }),
    flow: options.flow,
    kind: options.kind,
    sku: options.sku,
    location: options.location,
    runId: options.run === undefined ? undefined : wholeNumber(options.run, 'run number'),
    limit: wholeNumber(options.limit ?? '100', 'limit'),
  };
}

function decisionOf(options: ResolveOptions): Decision {
  const chosen = (['landed', 'resend', 'cancel'] as const).filter((name) => options[name] === true);
  const [decision] = chosen;
  if (chosen.length === 1 && decision !== undefined) return decision;
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: 'Exactly one of --landed, --resend and --cancel is needed.',
    hint: '--landed: OTO has it. --resend: it does not, send it. --cancel: it does not, and it shall not be sent.',
  });
}

async function required(app: App, id: number): Promise<Operation> {
  const operation = await getOperation(app.bridge.db, id);
  if (operation !== undefined) return operation;
  throw new BridgeError(engineErrors.NOT_FOUND, {
    message: `There is no operation ${id}.`,
    hint: '`oto-bridge operations list` shows the newest.',
  });
}

export function operationJson(operation: Operation): Record<string, unknown> {
  return {
    id: operation.id,
    kind: operation.kind,
    flow: operation.flow,
    run: operation.run_id,
    plan: operation.plan_id,
    key: operation.key,
    lane: lanes[operation.lane] ?? null,
    sku: operation.sku,
    location: operation.location,
    document: operation.document_id,
    order: operation.order_id,
    state: operation.state,
    verdict: operation.verdict,
    evidence: operation.evidence,
    attempts: operation.attempts,
    waitingFor: operation.waiting_for,
    why: operation.why,
    otoId: operation.oto_id,
    request: operation.request,
    precondition: operation.precondition,
    answer: operation.answer,
    moved: operation.moved,
    windowMs: operation.window_ms,
    createdAt: operation.created_at.toISOString(),
    sentAt: operation.sent_at?.toISOString() ?? null,
    settledAt: operation.settled_at?.toISOString() ?? null,
  };
}

export function eventJson(event: OperationEvent): Record<string, unknown> {
  return {
    at: event.at.toISOString(),
    from: event.from,
    to: event.to,
    who: event.who,
    why: event.why,
    detail: event.detail,
  };
}

function listText(rows: readonly Operation[], timezone: string): string {
  return table(
    ['id', 'kind', 'what', 'location', 'state', 'tries', 'made', 'why'],
    rows.map((row) => [
      row.id,
      row.kind,
      row.sku ?? row.order_id ?? row.key,
      row.location,
      row.state,
      row.attempts,
      moment(row.created_at, timezone),
      (row.why ?? '').slice(0, 90),
    ]),
  );
}

function showText(operation: Operation, events: readonly OperationEvent[], timezone: string): string {
  const lines = [
    `Operation ${operation.id}: ${operation.kind} ${operation.key.replace('\t', ' ')}`,
    `  state      ${operation.state}${operation.verdict === null ? '' : `, verdict ${operation.verdict}`}${operation.evidence === null ? '' : ` by ${operation.evidence}`}`,
    `  why        ${operation.why ?? ''}`,
    `  request    ${JSON.stringify(operation.request)}`,
    `  before     ${JSON.stringify(operation.precondition)}`,
    `  answer     ${operation.answer === null ? 'none' : JSON.stringify(operation.answer)}`,
    `  tries      ${operation.attempts}`,
    '',
    ...events.flatMap((event) => [
      `  ${moment(event.at, timezone)}  ${event.from ?? 'new'} → ${event.to}  ${event.why}  (${event.who})`,
      ...(event.detail === null || event.detail === undefined
        ? []
        : [JSON.stringify(event.detail, null, 2).replace(/^/gm, '      ')]),
    ]),
  ];
  if (operation.state === 'parked') {
    lines.push(
      '',
      `  Look into ${receiverOf(operation.kind)}, then decide:`,
      `    oto-bridge operations resolve ${operation.id} --landed    it is there`,
      `    oto-bridge operations resolve ${operation.id} --resend    it is not there: send it`,
      `    oto-bridge operations resolve ${operation.id} --cancel    it is not there, and shall not be sent`,
    );
  }
  return lines.join('\n');
}
