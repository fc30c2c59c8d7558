import { type Command, Option } from 'commander';
import { webhookTypes } from '../config/http-schema.ts';
import { plainText } from '../engine/webhook-body.ts';
import { BridgeError } from '../lib/errors.ts';
import { getEvent, listEvents, type WebhookEvent } from '../store/webhooks.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, common, wholeNumber, withApp } from './frame.ts';
import { moment, print, table } from './output.ts';

interface EventOptions extends CommonOptions {
  readonly type?: string;
  readonly order?: string;
  readonly state?: string;
  readonly late?: boolean;
  readonly limit: string;
}

export function registerEvents(group: Command): void {
  common(group.command('events [id]'))
    .summary('what OTO has told, and what came of it')
    .description('With an id: that event, as it came.')
    .addOption(new Option('--type <type>', 'only this type').choices(webhookTypes))
    .option('--order <id>', 'only this order')
    .addOption(new Option('--state <state>', 'only these').choices(['received', 'done', 'failed']))
    .option('--late', 'only those that came late')
    .option('--limit <n>', 'so many, newest first', '50')
    .addHelpText('after', '\nExamples:\n  oto-bridge webhooks events --order SO-1001\n  oto-bridge webhooks events 42')
    .action((id: string | undefined, options: EventOptions) =>
      id === undefined ? showEvents(options) : showEvent(wholeNumber(id, 'id of an event'), options),
    );
}

async function showEvents(options: EventOptions): Promise<void> {
  const { type, order, state, late } = options;
  const limit = Math.min(10_000, wholeNumber(options.limit, 'limit'));
  const { events, timezone } = await withApp(options, async ({ bridge }) => ({
    events: await listEvents(bridge.db, { type, order, state, late, limit }),
    timezone: bridge.config.timezone,
  }));
  print(options.json === true, { events: events.map(eventJson) }, () =>
    events.length === 0
      ? 'OTO has told nothing of that kind.'
      : table(
          ['id', 'type', 'order', 'came', 'state', 'late', 'again', 'effect'],
          events.map((row) => [
            row.id,
            row.type,
            row.order_id ?? '',
            moment(row.received_at, timezone),
            row.state,
            row.late ? 'late' : '',
            row.repeats > 0 ? `${row.repeats}×` : '',
            row.effect ?? '',
          ]),
        ),
  );
}

async function showEvent(id: number, options: EventOptions): Promise<void> {
  const { event, timezone } = await withApp(options, async ({ bridge }) => ({
    event: await getEvent(bridge.db, id),
    timezone: bridge.config.timezone,
  }));
  if (event === undefined)
    throw new BridgeError(cliErrors.CLI_USAGE, {
      message: `There is no event ${id}.`,
      hint: '`oto-bridge webhooks events` shows their ids.',
    });
  const body: unknown = JSON.parse(event.body.toString('utf8'));
  print(options.json === true, { event: { ...eventJson(event), headers: event.headers, body } }, () =>
    [
      `${event.type} of order ${event.order_id ?? '?'} (${event.id}): ${event.state}${event.late ? ', late' : ''}`,
      `  effect    ${event.effect ?? ''}`,
      `  OTO says  ${moment(event.event_at, timezone)}`,
      `  came      ${moment(event.received_at, timezone)}, ${event.repeats} times again`,
      '',
      // Whatever somebody wrote into it, a terminal shows it as text.
      ...JSON.stringify(body, null, 2)
        .split('\n')
        .map((line) => `  ${/^ */.exec(line)?.[0] ?? ''}${plainText(line, 2000)}`),
    ].join('\n'),
  );
}

function eventJson(row: WebhookEvent): Record<string, unknown> {
  return {
    id: row.id,
    type: row.type,
    order: row.order_id,
    state: row.state,
    late: row.late,
    effect: row.effect,
    attempts: row.attempts,
    repeats: row.repeats,
    eventAt: row.event_at?.toISOString() ?? null,
    receivedAt: row.received_at.toISOString(),
    doneAt: row.done_at?.toISOString() ?? null,
  };
}
