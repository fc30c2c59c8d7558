import type { Command } from 'commander';
import { markPacking, waitForOperation } from '../engine/pack.ts';
import { workWhereNobodyDoes } from '../engine/work.ts';
import { isBridgeError, messageOf } from '../lib/errors.ts';
import type { PackingStatus } from '../model/index.ts';
import { listPackingOrders, type StoredPackingOrder } from '../store/packing.ts';
import { type CommonOptions, common, type ExitCode, withApp } from './frame.ts';
import { moment, print, table } from './output.ts';

interface PackingOptions extends CommonOptions {
  readonly location?: string;
  readonly all?: boolean;
  readonly as?: string;
}

interface Marked {
  readonly order: string;
  readonly status: PackingStatus;
  readonly state: string;
  readonly operation: number | null;
  readonly message: string;
}

export function registerPacking(program: Command, exit: (code: ExitCode) => void): void {
  const group = program.command('packing').summary('orders ready for packing, for staff without the page');

  common(group.command('list'))
    .summary('orders as they were last read from OTO')
    .option('--location <code>', 'only this OTO location')
    .option('--all', 'also those that are packed or have left the list')
    .addHelpText('after', '\nExample:\n  oto-bridge packing list --location RUH1')
    .action(async (options: PackingOptions) => {
      const states =
        options.all === true ? (['ready', 'picked', 'packed', 'left'] as const) : (['ready', 'picked'] as const);
      const { rows, timezone } = await withApp(options, async (app) => ({
        rows: await listPackingOrders(app.bridge.db, { location: options.location, states }),
        timezone: app.bridge.config.timezone,
      }));
      print(options.json === true, { orders: rows.map(orderJson) }, () =>
        rows.length === 0
          ? 'No orders. Read the list from OTO with `oto-bridge pull packing`.'
          : table(
              ['order', 'location', 'state', 'since', 'items'],
              rows.map((row) => [
                row.order_id,
                row.location,
                row.state,
                moment(row.first_seen, timezone),
                row.items.map((item) => `${item.quantity} × ${item.sku}`).join(', '),
              ]),
            ),
      );
    });

  for (const [name, status] of [
    ['pick', 'picked'],
    ['pack', 'packed'],
  ] as const) {
    common(group.command(`${name} <order...>`))
      .summary(`mark orders as ${status}`)
      .description(
        `Tells OTO that the orders are ${status}, and waits until OTO has it. Exit code 0: OTO has all of it; 2: it is not known yet; 1: OTO refused.`,
      )
      .option('--as <name>', 'who did it')
      .addHelpText('after', `\nExample:\n  oto-bridge packing ${name} SO-1001 SO-1002 --as Aisha`)
      .action((orders: string[], options: PackingOptions) => mark(orders, status, options));
  }

  async function mark(orders: readonly string[], status: PackingStatus, options: PackingOptions): Promise<void> {
    const results = await withApp(options, async (app, signal) => {
      await app.requireAccount();
      const worker = workWhereNobodyDoes(app.bridge);
      const one = async (orderId: string): Promise<Marked> => {
        try {
          const id = await markPacking(app.bridge, { orderId, status, by: options.as ?? app.bridge.who }, signal);
          const operation = await waitForOperation(app.bridge, id, 30_000, signal, worker.onWait);
          const landed = operation.state === 'landed';
          const message = landed
            ? `OTO has it: ${status}`
            : `not ${status} in OTO yet (${operation.state}): ${operation.why ?? ''}`;
          return { order: orderId, status, state: operation.state, operation: id, message };
        } catch (error) {
          if (!isBridgeError(error)) throw error;
          return {
            order: orderId,
            status,
            state: 'refused',
            operation: null,
            message: `${messageOf(error)} ${error.hint ?? ''}`,
          };
        }
      };
      try {
        const done: Marked[] = [];
        for (const orderId of orders) done.push(await one(orderId));
        return done;
      } finally {
        await worker.stop();
      }
    });
    print(options.json === true, { orders: results }, () =>
      results.map((row) => `${row.order}: ${row.message}`).join('\n'),
    );
    exit(results.some((row) => row.state === 'refused') ? 1 : results.every((row) => row.state === 'landed') ? 0 : 2);
  }
}

function orderJson(row: StoredPackingOrder): Record<string, unknown> {
  return {
    order: row.order_id,
    location: row.location,
    state: row.state,
    why: row.why,
    items: row.items,
    firstSeen: row.first_seen.toISOString(),
    lastSeen: row.last_seen.toISOString(),
    pickedAt: row.picked_at?.toISOString() ?? null,
    packedAt: row.packed_at?.toISOString() ?? null,
    by: row.changed_by,
  };
}
