import type { Command } from 'commander';
import type { App } from '../app.ts';
import { engineErrors } from '../engine/errors.ts';
import { waitForOperation } from '../engine/pack.ts';
import { type Decision, resolveOperation } from '../engine/resolve.ts';
import { workWhereNobodyDoes } from '../engine/work.ts';
import { BridgeError } from '../lib/errors.ts';
import {
  getOperation,
  listOperations,
  type Operation,
  type OperationEvent,
  operationEvents,
} from '../store/operations.ts';
import { deadJson, deadText } from './dead-letters.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, common, type ExitCode, wholeNumber, withApp, withFooter } from './frame.ts';
import { toDecide, toDecideText } from './operations-parked.ts';
import { registerRetry } from './operations-retry.ts';
import { eventJson, type FilterOptions, filterOf, filters, listText, operationJson } from './operations-rows.ts';
import { moment, print } from './output.ts';

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
    .option('--dead', 'instead of operations: dead letters, jobs that no worker could finish')
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge operations list --parked\n  oto-bridge operations list --dead\n  oto-bridge operations list --state refused --flow stock --json',
    )
    .action(async (options: FilterOptions) => {
      if (options.dead === true) {
        const { letters, timezone } = await withApp(options, async (app) => ({
          letters: await app.bridge.jobs.dead(wholeNumber(options.limit ?? '100', 'limit')),
          timezone: app.bridge.config.timezone,
        }));
        return print(options.json === true, { deadLetters: letters.map(deadJson) }, () => deadText(letters, timezone));
      }
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
      const data = {
        ...operationJson(operation),
        events: events.map(eventJson),
        decide: toDecide(operation, events) ?? null,
      };
      print(options.json === true, data, () => showText(operation, events, timezone));
    });

  common(group.command('resolve <id>'))
    .summary('decide what became of a parked operation')
    .description(
      'You have looked into OTO; `operations show ID` says what to search for there. A stock figure or a packing step is not sent again where OTO shows something else by now. The same decision given twice is carried out once.',
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
      const { operation, repeated } = await withApp(options, async (app, signal) => {
        const { note, otoId } = options;
        const { repeated } = await resolveOperation(app.bridge, id, decision, { note, otoId, signal });
        if (decision !== 'resend' || options.wait === false) return { operation: await required(app, id), repeated };
        const worker = workWhereNobodyDoes(app.bridge);
        try {
          return { operation: await waitForOperation(app.bridge, id, 60_000, signal, worker.onWait), repeated };
        } finally {
          await worker.stop();
        }
      });
      print(
        options.json === true,
        { ...operationJson(operation), repeated },
        () =>
          `${repeated ? 'It was decided so before, and nothing was done. ' : ''}Operation ${id} is ${operation.state}: ${operation.why ?? ''}`,
      );
      exit(operation.state === 'refused' ? 1 : ['parked', 'unknown'].includes(operation.state) ? 2 : 0);
    });

  registerRetry(group);
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
  const decide = toDecide(operation, events);
  if (decide !== undefined) lines.push('', ...toDecideText(decide));
  return lines.join('\n');
}
