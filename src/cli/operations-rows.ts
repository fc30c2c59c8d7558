import type { Command } from 'commander';
import { BridgeError } from '../lib/errors.ts';
import { lanes, type OperationState, operationStates } from '../model/index.ts';
import type { Operation, OperationEvent, OperationFilter } from '../store/operations.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, wholeNumber } from './frame.ts';
import { moment, table } from './output.ts';

export interface FilterOptions extends CommonOptions {
  readonly state?: string[];
  readonly parked?: boolean;
  readonly flow?: string;
  readonly kind?: string;
  readonly sku?: string;
  readonly location?: string;
  readonly run?: string;
  readonly limit?: string;
  readonly dead?: boolean;
}

export function filters(command: Command): Command {
  return command
    .option('--state <state...>', `only these states (${operationStates.join(', ')})`)
    .option('--flow <flow>', 'only this flow')
    .option('--kind <kind>', 'only this kind: stock-set, product-create, inventory-order, packing-status, erp-command')
    .option('--sku <sku>', 'only this SKU')
    .option('--location <code>', 'only this OTO location')
    .option('--run <run>', 'only this run')
    .option('--limit <n>', 'at most this many', '100');
}

export function filterOf(options: FilterOptions): OperationFilter {
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

export function listText(rows: readonly Operation[], timezone: string): string {
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
