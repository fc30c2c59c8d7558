/** The simulator, seen and steered as a person would OTO: over its HTTP control API. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultInput } from '../../src/simulator/index.ts';

export interface Call {
  readonly seq: number;
  readonly at: number;
  readonly endpoint: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly status: number | null;
  readonly effect: boolean;
  readonly refusal?: string;
  readonly effectId?: string | number;
  readonly faults?: readonly string[];
}

export interface OtoState {
  readonly productCount: number;
  readonly stock: readonly { readonly sku: string; readonly location: string; readonly onHand: number }[];
  readonly inventoryOrders: readonly {
    readonly otoId: number;
    readonly locationCode: string;
    readonly waybillNumber?: string;
    readonly status: string;
    readonly items: readonly { readonly sku: string; readonly qty: number }[];
  }[];
  readonly orders: readonly {
    readonly orderId: string;
    readonly status: string;
    readonly history: readonly { readonly status: string }[];
  }[];
}

export class Control {
  readonly #url: string;

  constructor(url: string) {
    this.#url = `${url}/_simulator`;
  }

  state(query: Readonly<Record<string, string>> = {}): Promise<OtoState> {
    return this.#ask('GET', `/state?${new URLSearchParams(query)}`);
  }

  async calls(query: Readonly<Record<string, string>> = {}): Promise<readonly Call[]> {
    return (await this.#ask<{ requests: readonly Call[] }>('GET', `/requests?${new URLSearchParams(query)}`)).requests;
  }

  async counts(): Promise<Readonly<Record<string, { readonly calls: number; readonly effects: number }>>> {
    const answer = await this.#ask<{ counts: Record<string, { calls: number; effects: number }> }>(
      'GET',
      '/requests?limit=1',
    );
    return answer.counts;
  }

  async addFault(fault: FaultInput): Promise<void> {
    await this.#ask('POST', '/faults', fault);
  }

  async clearFaults(): Promise<void> {
    await this.#ask('DELETE', '/faults');
  }

  async revokeTokens(what: { readonly accessTokens?: boolean; readonly refreshToken?: boolean }): Promise<void> {
    await this.#ask('POST', '/tokens/revoke', what);
  }

  async restoreTokens(): Promise<void> {
    await this.#ask('POST', '/tokens/restore');
  }

  async outage(seconds: number): Promise<void> {
    await this.#ask('POST', '/outage', { seconds });
  }

  async switches(values: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#ask('PUT', '/switches', values);
  }

  /** A customer's order that is ready for packing. */
  async orderReady(orderId: string, location: string, sku: string): Promise<void> {
    await this.#ask('POST', '/orders', {
      orderId,
      location,
      items: [{ sku, quantity: 1 }],
      status: 'assignedToWarehouse',
    });
  }

  async processInventoryOrder(otoId: number): Promise<void> {
    await this.#ask('POST', `/inventory-orders/${otoId}/process`);
  }

  /** Through an outage, which cuts these calls like all others: what is asked for here may be asked for twice. */
  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      let response: Response;
      let text: string;
      try {
        response = await fetch(`${this.#url}${path}`, {
          method,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        text = await response.text();
      } catch (error) {
        if (attempt > 150) throw error;
        await sleep(100);
        continue;
      }
      if (response.ok) return JSON.parse(text) as T;
      if (attempt > 0 && response.status === 409) return {} as T;
      throw new Error(`the simulator answered ${method} ${path} with ${response.status}: ${text}`);
    }
  }
}
