import { z } from 'zod';
import type { WebhookType } from '../oto/webhook-signature.ts';

const text = z.string();

/** A webhook as it was registered, and as it is written to the state file. */
export const webhookFile = z.object({
  id: z.int(),
  method: text,
  url: text,
  webhookType: z.enum(['orderStatus', 'shipmentError', 'newOrders', 'walletTransaction']),
  secretKey: text.optional(),
  authorizationKey: text.optional(),
  timestampFormat: text.optional(),
  orderPrefix: text.optional(),
});
export type Webhook = z.output<typeof webhookFile>;

/** The webhooks of the account. */
export class WebhookBook {
  readonly rows = new Map<number, Webhook>();
  #next = 59;

  add(webhook: Omit<Webhook, 'id'>): Webhook {
    const row = { ...webhook, id: this.#next++ };
    this.rows.set(row.id, row);
    return row;
  }

  /** The one that has an address. */
  at(url: string): Webhook | undefined {
    return [...this.rows.values()].find((row) => row.url === url);
  }

  of(type: WebhookType): Webhook[] {
    return [...this.rows.values()].filter((row) => row.webhookType === type);
  }

  restore(rows: readonly Webhook[]): void {
    this.clear();
    for (const row of rows) this.rows.set(row.id, row);
    this.#next = Math.max(this.#next, ...rows.map(({ id }) => id + 1));
  }

  clear(): void {
    this.rows.clear();
  }
}
