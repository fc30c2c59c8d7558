import { onTestFinished } from 'vitest';
import odoo from '../../../connectors/odoo/index.ts';
import type {
  ApplyResult,
  Checkpoint,
  Command,
  EntityName,
  Movement,
  Product,
  ReadRequest,
  StockDocument,
  StockLevel,
} from '../../../src/connector/index.ts';
import { openSession, read, type Session } from '../../../src/kit/session.ts';
import type { Odoo } from './fake/tables.ts';
import { World } from './fake/world.ts';

export const versions: readonly Odoo[] = [19, 14];

export interface Site {
  readonly world: World;
  readonly session: Session;
  products(since?: Checkpoint): Promise<{ values: Product[]; rejects: string[]; checkpoint: Checkpoint }>;
  /** Figures by `SKU location`, and what was rejected. */
  stock(): Promise<{
    figures: Record<string, string>;
    rejects: string[];
    completeness: string;
    warnings: readonly string[];
  }>;
  documents(since?: Checkpoint): Promise<{ values: StockDocument[]; rejects: string[]; checkpoint: Checkpoint }>;
  /** As `reference: quantity SKU @ location`. */
  movements(since?: Checkpoint, only?: ReadRequest['only']): Promise<{ lines: string[]; checkpoint: Checkpoint }>;
  apply(command: Command): Promise<ApplyResult>;
}

/** A running fake and an open connector. Call in a test. */
export async function site(
  version: Odoo,
  prepare: (world: World) => void = () => undefined,
  options: Record<string, unknown> = {},
): Promise<Site> {
  const world = new World(version);
  prepare(world);
  const server = await world.start();
  const fake = { options: { ...world.options, pageSize: 3, ...options }, rows: {}, async [Symbol.asyncDispose]() {} };
  const session = await openSession(odoo, fake);
  onTestFinished(async () => {
    await session[Symbol.asyncDispose]();
    await server.stop();
  });
  const records = async <T>(entity: EntityName, since: Checkpoint = null, only: ReadRequest['only'] = undefined) => {
    const { changes, manifests, checkpoint } = await read(session, entity, { since, only });
    return {
      values: changes.flatMap((change) => (change.op === 'upsert' ? [change.value as T] : [])),
      rejects: changes.flatMap((change) => (change.op === 'reject' ? [`${change.key}: ${change.reason}`] : [])),
      manifest: manifests[0],
      checkpoint,
    };
  };
  return {
    world,
    session,
    products: (since) => records<Product>('products', since),
    documents: (since) => records<StockDocument>('documents', since),
    async stock() {
      const { values, rejects, manifest } = await records<StockLevel>('stock');
      const figures = Object.fromEntries(values.map((one) => [`${one.sku} ${one.location}`, one.quantity]));
      return {
        figures,
        rejects,
        completeness: manifest?.completeness ?? '',
        warnings: manifest?.warnings ?? [],
      };
    },
    async movements(since, only) {
      const { values, checkpoint } = await records<Movement>('movements', since, only);
      const lines = values.map((one) => `${one.reference}: ${one.quantity} ${one.sku} @ ${one.location}`);
      return { lines, checkpoint };
    },
    async apply(command) {
      return (await session.connector.apply?.(command, new AbortController().signal)) as ApplyResult;
    },
  };
}

export const packed: Extract<Command, { name: 'set-packing-status' }> = {
  name: 'set-packing-status',
  id: '71',
  orderId: 'S00012',
  status: 'packed',
  at: '2026-11-20T05:15:00Z',
  location: 'MAIN',
};

export function written(lines: Readonly<Record<string, string>>, id = '81'): Command {
  return {
    name: 'write-stock',
    id,
    asOf: '2026-11-20T05:15:00Z',
    lines: Object.entries(lines).map(([sku, quantity]) => ({ sku, location: 'MAIN', quantity })),
  };
}
