import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { accountFile } from './account.ts';
import { simulatorErrors } from './errors.ts';
import { type OrderStatus, orderStatuses } from './order-status.ts';
import type { State } from './state.ts';
import type { Tokens } from './tokens.ts';
import { webhookFile } from './webhook-book.ts';

const at = z.number();
const text = z.string();
const status = z.enum(orderStatuses as [OrderStatus, ...OrderStatus[]]);

const shipment = z.object({
  id: text,
  carrier: text,
  deliveryOptionId: z.int(),
  createdAt: at,
  fee: z.number(),
  weight: z.number(),
  canceled: z.boolean(),
});

/** What survives a restart. Older figures (for stale reads), access tokens, switches, faults and the request log do not. */
const stateFile = z.object({
  format: z.literal('oto-bridge simulator'),
  version: z.literal(1),
  next: z.object({
    product: z.int(),
    transaction: z.int(),
    inventoryOrder: z.int(),
    order: z.int(),
    location: z.int(),
    shipment: z.int().optional(),
    brand: z.int().optional(),
    box: z.int().optional(),
    contract: z.int().optional(),
    entry: z.int().optional(),
    payment: z.int().optional(),
  }),
  locations: z.array(
    z.object({
      id: z.int(),
      code: text,
      name: text,
      kind: z.enum(['warehouse', 'branch']),
      status: z.enum(['active', 'inactive']),
      city: text,
      bins: z.array(text),
      createdAt: at,
      fields: z.record(text, z.unknown()).optional(),
    }),
  ),
  products: z.array(
    z.object({
      productId: z.int(),
      sku: text,
      name: text,
      barcode: text.optional(),
      productImage: text.optional(),
      fields: z.record(text, z.unknown()),
    }),
  ),
  /** sku, location, on hand, reserved, incoming, outgoing, whether it is stocked, since when */
  stock: z.array(z.tuple([text, text, z.number(), z.number(), z.int(), z.int(), z.boolean(), at])),
  inventoryOrders: z.array(
    z.object({
      otoId: z.int(),
      action: z.enum(['inbound', 'outbound']),
      locationCode: text,
      binLocationName: text.optional(),
      orderDate: text.optional(),
      deliveryDate: text.optional(),
      waybillNumber: text.optional(),
      description: text.optional(),
      type: text.optional(),
      items: z.array(z.object({ sku: text, qty: z.int() })),
      unlinked: z.array(text).default([]),
      createdAt: at,
      modifiedAt: at,
      status: z.enum(['new', 'accepted', 'processed', 'rejected']),
      moved: z.boolean().optional(),
    }),
  ),
  orders: z.array(
    z.object({
      id: z.int(),
      orderId: text,
      location: text,
      items: z.array(
        z.object({ sku: text, quantity: z.number(), name: text, price: z.number(), productId: z.int().optional() }),
      ),
      createdAt: at,
      modifiedAt: at,
      history: z.array(z.object({ at, status, description: text.optional() })),
      status,
      fulfilled: z.boolean(),
      fields: z.record(text, z.unknown()).optional(),
      shipment: shipment.optional(),
      returnOf: text.optional(),
      returns: z.array(text).optional(),
      returned: z.array(z.object({ sku: text, quantity: z.number() })).optional(),
      driverId: z.int().optional(),
    }),
  ),
  account: accountFile.optional(),
  webhooks: z.array(webhookFile).optional(),
  refreshTokenHashes: z.array(text),
});

/** False when there is no such file. Throws SIMULATOR_STATE_FILE. */
export async function loadState(path: string, state: State, tokens: Tokens): Promise<boolean> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw badFile(path, messageOf(error), error);
  }
  let saved: z.output<typeof stateFile>;
  try {
    saved = stateFile.parse(JSON.parse(content));
  } catch (error) {
    throw badFile(path, error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error), error);
  }
  state.clear();
  Object.assign(state.next, saved.next);
  for (const location of saved.locations) state.locations.set(location.code, location);
  for (const product of saved.products) state.addProduct(product);
  for (const [sku, location, onHand, reserved, incoming, outgoing, stocked, since] of saved.stock) {
    const now = { onHand, reserved, incoming, outgoing, at: since, cause: 'seed', reference: 'state file' } as const;
    state.figures.put({ sku, location, now, past: [], stocked });
  }
  for (const order of saved.inventoryOrders) {
    state.addInventoryOrder({ ...order, moved: order.moved ?? order.status === 'processed' });
  }
  for (const order of saved.orders) state.addOrder(order);
  if (saved.account !== undefined) state.account.restore(saved.account);
  state.webhooks.restore(saved.webhooks ?? []);
  tokens.acceptHashes(saved.refreshTokenHashes);
  return true;
}

function badFile(path: string, why: string, cause: unknown): BridgeError {
  return new BridgeError(simulatorErrors.SIMULATOR_STATE_FILE, {
    message: `The simulator cannot start from ${path}: ${why}`,
    hint: 'Delete the file to start with an empty account, or name another one.',
    place: { file: path },
    cause,
  });
}

/** Written under a temporary name and renamed: a kill in between leaves the file of the last time. */
export async function saveState(path: string, state: State, tokens: Tokens): Promise<void> {
  const content: z.input<typeof stateFile> = {
    format: 'oto-bridge simulator',
    version: 1,
    next: state.next,
    locations: [...state.locations.values()].map((location) => ({ ...location, bins: [...location.bins] })),
    products: state.productList,
    stock: [...state.figures.all()].map(({ sku, location, now, stocked }) => [
      sku,
      location,
      now.onHand,
      now.reserved,
      now.incoming,
      now.outgoing,
      stocked,
      now.at,
    ]),
    inventoryOrders: [...state.inventoryOrders.values()].map((order) => ({
      ...order,
      items: [...order.items],
      unlinked: [...order.unlinked],
    })),
    orders: [...state.orders.values()].map(({ returns, returned, ...order }) => ({
      ...order,
      items: [...order.items],
      ...(returns !== undefined && { returns: [...returns] }),
      ...(returned !== undefined && { returned: [...returned] }),
    })),
    account: state.account.content,
    webhooks: [...state.webhooks.rows.values()],
    refreshTokenHashes: tokens.refreshHashes(),
  };
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, JSON.stringify(content), { mode: 0o600 });
  await rename(temporary, path);
}
