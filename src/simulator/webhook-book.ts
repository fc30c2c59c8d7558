import type { WebhookType } from '../oto/webhook-signature.ts';

/** A webhook as it was registered. */
export interface Webhook {
  readonly id: number;
  method: string;
  url: string;
  webhookType: WebhookType;
  secretKey?: string | undefined;
  authorizationKey?: string | undefined;
  timestampFormat?: string | undefined;
  orderPrefix?: string | undefined;
}

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

  clear(): void {
    this.rows.clear();
  }
}
