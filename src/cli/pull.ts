import type { Command } from 'commander';
import { pullFigures, pullLocations, pullPacking, pullProducts } from '../engine/pull.ts';
import { BridgeError } from '../lib/errors.ts';
import { suggestion } from '../lib/suggest.ts';
import { getFigures } from '../store/figures.ts';
import { listPackingOrders } from '../store/packing.ts';
import { otoSkus } from '../store/products.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, common, knownLocation, wholeNumber, withApp } from './frame.ts';
import { print, table } from './output.ts';

interface PullOptions extends CommonOptions {
  readonly sku?: string;
  readonly location?: string;
  readonly limit?: string;
}

const things = ['locations', 'stock', 'packing'] as const;

export function registerPull(program: Command): void {
  common(program.command('pull <what>'))
    .summary('read OTO: locations, stock or packing')
    .description('Reads OTO into the database and shows it. Nothing is written to OTO or to an ERP.')
    .option('--sku <sku>', 'with `stock`: only this SKU')
    .option('--location <code>', 'only this OTO location')
    .option('--limit <n>', 'how many rows to show', '50')
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge pull locations\n  oto-bridge pull stock --sku 6281000000012\n  oto-bridge pull packing --location RUH1',
    )
    .action(async (what: string, options: PullOptions) => {
      if (!(things as readonly string[]).includes(what)) {
        throw new BridgeError(cliErrors.CLI_USAGE, {
          message: `"${what}" cannot be pulled.`,
          hint: suggestion(what, things),
        });
      }
      const limit = wholeNumber(options.limit ?? '50', 'limit');
      const result = await withApp(options, async (app, signal, progress) => {
        const { bridge } = app;
        const only = knownLocation(bridge.config, options.location);
        await app.requireAccount();
        const codes = bridge.config.locations
          .map((location) => location.oto)
          .filter((code) => only === undefined || code === only);
        if (what === 'locations') {
          const found = await pullLocations(bridge, { signal });
          const rows = found.map((row) => ({
            ...row,
            configured: bridge.config.locations.some((location) => location.oto === row.code),
          }));
          return {
            json: { locations: rows },
            rows: rows.map((row) => [row.code, row.kind, row.name, row.city, row.configured ? 'yes' : 'no']),
            headers: ['code', 'kind', 'name', 'city', 'configured'],
          };
        }
        if (what === 'packing') {
          for (const code of codes) await pullPacking(bridge, code, { signal });
          const orders = await listPackingOrders(bridge.db, {
            location: options.location,
            states: ['ready', 'picked'],
          });
          return {
            json: {
              orders: orders.map((row) => ({
                order: row.order_id,
                location: row.location,
                state: row.state,
                items: row.items,
              })),
            },
            rows: orders.map((row) => [row.order_id, row.location, row.state, row.items.length]),
            headers: ['order', 'location', 'state', 'items'],
          };
        }
        if (options.sku === undefined) await pullProducts(bridge, { signal, progress });
        const skus = options.sku === undefined ? await otoSkus(bridge.db) : [options.sku];
        const since = await pullFigures(bridge, skus, codes, { signal, progress });
        const figures = (
          await getFigures(bridge.db, options.location === undefined ? { skus } : { skus, location: options.location })
        ).filter((row) => row.read_at >= since && row.on_hand !== null);
        return {
          json: {
            skus: skus.length,
            figures: figures.map((row) => ({
              sku: row.sku,
              location: row.location,
              onHand: row.on_hand,
              forecasted: row.forecasted,
              readAt: row.read_at.toISOString(),
            })),
          },
          rows: figures.map((row) => [row.sku, row.location, row.on_hand, row.forecasted]),
          headers: ['SKU', 'location', 'on hand', 'forecasted'],
        };
      });
      print(options.json === true, result.json, () =>
        result.rows.length === 0
          ? 'OTO shows nothing.'
          : [
              table(result.headers, result.rows.slice(0, limit)),
              result.rows.length > limit ? `… ${result.rows.length - limit} more (--limit ${result.rows.length})` : '',
            ]
              .filter((part) => part !== '')
              .join('\n'),
      );
    });
}
