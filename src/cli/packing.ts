import { styleText } from 'node:util';
import type { Command } from 'commander';
import { markPacking, waitForOperation } from '../engine/pack.ts';
import { workWhereNobodyDoes } from '../engine/work.ts';
import { isBridgeError, messageOf } from '../lib/errors.ts';
import { formatDuration } from '../lib/time.ts';
import { type PackingStatus, stationStates } from '../model/index.ts';
import { listPackingOrders, type StoredPackingOrder } from '../store/packing.ts';
import { unmatchedOrders } from '../store/packing-list.ts';
import { type CommonOptions, common, type ExitCode, withApp, withFooter } from './frame.ts';
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
  const group = withFooter(program.command('packing')).summary('orders ready for packing, for staff without the page');

  common(group.command('list'))
    .summary('orders as they were last read from OTO')
    .option('--location <code>', 'only this OTO location')
    .option('--all', 'also those that are packed or have left the list')
    .addHelpText('after', '\nExample:\n  oto-bridge packing list --location RUH1')
    .action(async (options: PackingOptions) => {
      const states = options.all === true ? stationStates : (['ready', 'picking', 'short', 'picked'] as const);
      const { rows, timezone } = await withApp(options, async (app) => ({
        rows: await listPackingOrders(app.bridge.db, { location: options.location, states }),
        timezone: app.bridge.config.timezone,
      }));
      print(options.json === true, { orders: rows.map(orderJson) }, () =>
        rows.length === 0
          ? 'No orders. Read the list from OTO with `oto-bridge pull packing`.'
          : table(
              ['order', 'location', 'state', 'since', 'age', 'items'],
              rows.map((row) => [
                row.order_id,
                row.location,
                row.state,
                moment(row.first_seen, timezone),
                formatDuration(Date.now() - row.first_seen.getTime()),
                row.items.map((item) => `${item.quantity} × ${item.sku}`).join(', '),
              ]),
            ),
      );
    });

  common(group.command('unmatched'))
    .summary('orders of which the ERP could not be told, because it knows none of that number')
    .description(
      'By what of the order the ERP knows it say flows.packing.orderField and orderPrefix. What the ERP refused is sent again by `oto-bridge operations retry --kind erp-command`.',
    )
    .option('--location <code>', 'only this OTO location')
    .addHelpText('after', '\nExample:\n  oto-bridge packing unmatched')
    .action(async (options: PackingOptions) => {
      const rows = await withApp(options, ({ bridge }) => unmatchedOrders(bridge.db, options.location ?? null));
      const orders = rows.map(({ order_id: order, ...row }) => ({ order, ...row }));
      print(options.json === true, { orders }, () =>
        orders.length === 0
          ? 'The ERP knows all of them.'
          : table(
              ['order', 'location', 'state', 'told as', 'why'],
              orders.map((row) => [row.order, row.location, row.state, row.told ?? '', row.reason ?? '']),
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
          const id = await markPacking(app.bridge, { orderId, status, by: options.as ?? app.bridge.who });
          const operation = await waitForOperation(app.bridge, id, 30_000, signal, worker.onWait);
          const why = operation.why ?? '';
          const message =
            operation.state === 'landed'
              ? `OTO has it: ${status}`
              : operation.state === 'refused'
                ? `OTO refused it: ${why}`
                : `not ${status} in OTO yet (${operation.state}): ${why}`;
          return { order: orderId, status, state: operation.state, operation: id, message };
        } catch (error) {
          if (!isBridgeError(error)) throw error;
          return {
            order: orderId,
            status,
            // Nothing was sent: the order is not on the list, or OTO cannot be asked about it.
            state: 'not-sent',
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
      results.map((row) => colour(row.state, `${row.order}: ${row.message}`)).join('\n'),
    );
    const failed = results.some((row) => row.state === 'refused' || row.state === 'not-sent');
    exit(failed ? 1 : results.every((row) => row.state === 'landed') ? 0 : 2);
  }
}

/** Green only for what OTO has; amber for what nobody knows yet. */
function colour(state: string, text: string): string {
  const style = state === 'landed' ? 'green' : state === 'refused' || state === 'not-sent' ? 'red' : 'yellow';
  return styleText(style, text, { stream: process.stdout });
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
