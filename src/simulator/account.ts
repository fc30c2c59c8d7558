import { z } from 'zod';

/** What an account has besides goods and orders. Kept as it is written to the state file. */
const brand = z.object({
  id: z.int(),
  name: z.string(),
  logo: z.string().optional(),
  /** Id of a location. */
  warehouseId: z.string().optional(),
});

const box = z.object({ id: z.int(), name: z.string(), length: z.number(), width: z.number(), height: z.number() });

/** An own contract with a carrier, which OTO calls delivery option. */
const contract = z.object({ id: z.int(), name: z.string(), carrier: z.string(), active: z.boolean() });

const transaction = z.object({
  id: z.int(),
  at: z.number(),
  /** Order id of the shop; undefined for bought credit. */
  orderId: z.string().optional(),
  otoId: z.int().optional(),
  shipmentId: z.string().optional(),
  carrier: z.string().optional(),
  deliveryOptionId: z.int().optional(),
  /** SAR; negative where it was charged. */
  amount: z.number(),
  /** Credit of that kind afterwards. */
  remaining: z.number(),
  kind: z.enum(['creditPurchase', 'charge', 'refund']),
  shipmentType: z.enum(['forward', 'reverse']).optional(),
  description: z.string(),
});

const payment = z.object({ id: z.int(), kind: z.enum(['oto', 'shipping']), amount: z.number(), paid: z.boolean() });
const vendor = z.object({ email: z.string(), company: z.string(), refreshToken: z.string(), since: z.number() });
const driver = z.object({ id: z.int(), email: z.string(), name: z.string() });
const credit = z.object({ oto: z.number(), shipping: z.number() });

export const accountFile = z.object({
  brands: z.array(brand),
  boxes: z.array(box),
  contracts: z.array(contract),
  transactions: z.array(transaction),
  payments: z.array(payment),
  vendors: z.array(vendor),
  drivers: z.array(driver),
  credit,
});

export type AccountContent = z.output<typeof accountFile>;
export type Brand = z.output<typeof brand>;
export type Box = z.output<typeof box>;
export type Contract = z.output<typeof contract>;
export type Transaction = z.output<typeof transaction>;
export type Payment = z.output<typeof payment>;
export type Driver = z.output<typeof driver>;

/** What a new account starts with: enough credit for a rehearsal, and two drivers of OTO Flex. */
function fresh(): AccountContent {
  return {
    brands: [],
    boxes: [],
    contracts: [],
    transactions: [],
    payments: [],
    vendors: [],
    drivers: [
      { id: 8701, email: 'driver1@example.com', name: 'First Driver' },
      { id: 8702, email: 'driver2@example.com', name: 'Second Driver' },
    ],
    credit: { oto: 100, shipping: 10_000 },
  };
}

export class Account {
  readonly content: AccountContent = fresh();

  clear(): void {
    Object.assign(this.content, fresh());
  }

  restore(content: AccountContent): void {
    Object.assign(this.content, content);
  }
}
