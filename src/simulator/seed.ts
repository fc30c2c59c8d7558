import { z } from 'zod';
import { BridgeError } from '../lib/errors.ts';
import { createOrder } from './customer-orders.ts';
import { simulatorErrors } from './errors.ts';
import { orderSteps } from './order-status.ts';
import { locationOf, type World } from './state.ts';

const text = z.string().min(1).max(255);
const whole = z.int();

const orderItems = z
  .array(z.strictObject({ sku: text, quantity: z.int().min(1), name: text.optional(), price: z.number().optional() }))
  .min(1);

export const locationSeed = z.strictObject({
  code: text,
  name: text.optional(),
  kind: z.enum(['warehouse', 'branch']).optional(),
  status: z.enum(['active', 'inactive']).optional(),
  city: text.optional(),
  bins: z.array(text).optional(),
});

export const orderSeed = z.strictObject({
  orderId: text.optional(),
  location: text,
  items: orderItems,
  /** Default: new. */
  status: z.enum(orderSteps).optional(),
  /** The id at OTO; else the next one. */
  otoId: z.int().min(1).optional(),
  /** Fields of createOrder that are kept and shown. */
  fields: z.record(text, z.unknown()).optional(),
});

/** Adds to what the account holds. Each part is a list, or a number of made-up ones. Applied in the order of the fields. */
export const seedInput = z.strictObject({
  /** A number makes warehouses WH-1, WH-2, … */
  locations: z.union([z.int().min(1).max(1000), z.array(locationSeed)]).optional(),
  /** A number makes SKU-000001, SKU-000002, … */
  products: z
    .union([
      z.int().min(1).max(2_000_000),
      z.array(z.strictObject({ sku: text, name: text.optional(), barcode: text.optional() })),
    ])
    .optional(),
  /** A number is the quantity on hand of every product at every location. A listed key is set to the given figure. */
  stock: z
    .union([
      whole,
      z.strictObject({ onHand: whole, locations: z.array(text).min(1) }),
      z.array(z.strictObject({ sku: text, location: text, onHand: whole })),
    ])
    .optional(),
  /** A number makes orders of one or two products, spread over the locations, ready for packing. */
  orders: z.union([z.int().min(1).max(200_000), z.array(orderSeed)]).optional(),
  /** What is left to buy shipments with, SAR. */
  credit: z.strictObject({ oto: z.number().min(0).optional(), shipping: z.number().min(0).optional() }).optional(),
  /** Drivers of OTO Flex. */
  drivers: z.array(z.strictObject({ id: whole, email: text, name: text.optional() })).optional(),
  brands: z.array(z.strictObject({ id: whole, name: text })).optional(),
});

export type SeedInput = z.input<typeof seedInput>;

/** Throws SIMULATOR_INPUT or SIMULATOR_NOT_FOUND. */
export function seedState(world: World, input: SeedInput): void {
  const parsed = seedInput.safeParse(input);
  if (!parsed.success) throw badSeed(z.prettifyError(parsed.error));
  const { locations, products, stock, orders, credit, drivers, brands } = parsed.data;
  const { content } = world.state.account;
  if (credit !== undefined) Object.assign(content.credit, credit);
  for (const { name, ...driver } of drivers ?? []) content.drivers.push({ ...driver, name: name ?? driver.email });
  content.brands.push(...(brands ?? []));
  if (locations !== undefined) seedLocations(world, locations);
  if (products !== undefined) seedProducts(world, products);
  if (stock !== undefined) seedStock(world, stock);
  if (orders !== undefined) seedOrders(world, orders);
}

function badSeed(message: string): BridgeError {
  return new BridgeError(simulatorErrors.SIMULATOR_INPUT, { message: `The seed is not understood: ${message}` });
}

type Part<Name extends keyof SeedInput> = Exclude<z.output<typeof seedInput>[Name], undefined>;

function seedLocations({ state, now }: World, locations: Part<'locations'>): void {
  const list =
    typeof locations === 'number'
      ? Array.from({ length: locations }, (_, index) => ({ code: `WH-${index + 1}` }))
      : locations;
  for (const location of list) state.addLocation(location, now());
}

function seedProducts({ state }: World, products: Part<'products'>): void {
  const list =
    typeof products === 'number'
      ? Array.from({ length: products }, (_, index) => {
          const number = String(index + 1).padStart(6, '0');
          return { sku: `SKU-${number}`, name: `Product ${number}`, barcode: undefined };
        })
      : products;
  for (const { sku, name, barcode } of list) {
    if (state.products.has(sku)) continue;
    state.addProduct({ productId: state.next.product++, sku, name: name ?? sku, barcode, fields: {} });
  }
}

function seedStock(world: World, stock: Part<'stock'>): void {
  if (Array.isArray(stock)) {
    for (const { sku, location, onHand } of stock) setOnHand(world, sku, location, onHand, 'seed');
    return;
  }
  const { onHand, locations } =
    typeof stock === 'number' ? { onHand: stock, locations: [...world.state.locations.keys()] } : stock;
  for (const code of locations) locationOf(world, code);
  for (const { sku } of world.state.productList) {
    for (const location of locations) setFigure(world, sku, location, onHand, 'seed');
  }
}

/** A change that comes from somewhere else than the API: a seed, an import on the screen. */
export function setOnHand(
  world: World,
  sku: string,
  location: string,
  onHand: number,
  cause: 'seed' | 'import' = 'import',
): void {
  locationOf(world, location);
  if (!world.state.products.has(sku)) {
    throw new BridgeError(simulatorErrors.SIMULATOR_NOT_FOUND, { message: `The simulator has no product ${sku}.` });
  }
  setFigure(world, sku, location, onHand, cause);
}

function setFigure({ state }: World, sku: string, location: string, onHand: number, cause: 'seed' | 'import'): void {
  const before = state.figures.find(sku, location)?.now.onHand ?? 0;
  state.figures.move(sku, location, { onHand: onHand - before }, cause);
}

function seedOrders(world: World, orders: Part<'orders'>): void {
  if (typeof orders !== 'number') {
    for (const order of orders) createOrder(world, order);
    return;
  }
  const { productList, locations } = world.state;
  const codes = [...locations.keys()];
  for (let index = 0; index < orders; index++) {
    const location = codes[index % codes.length];
    const items = [index, index * 7 + 3]
      .map((at) => productList[at % productList.length])
      .filter((product, at, all) => product !== undefined && all.indexOf(product) === at)
      .map((product, at) => ({ sku: product?.sku ?? '', quantity: at + 1 }));
    if (location === undefined || items.length === 0) throw badSeed('orders need a location and a product');
    createOrder(world, { location, items, status: 'assignedToWarehouse' });
  }
}
