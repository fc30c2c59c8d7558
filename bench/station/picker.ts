import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { StationList, StationResult, StationSession } from '../../src/model/station.ts';

/** Milliseconds that each call took, by what it was for. */
export interface Times {
  readonly actions: number[];
  readonly lists: number[];
  readonly orders: number[];
  readonly refused: string[];
}

export interface Picker {
  readonly name: string;
  readonly location: string;
  /** The ids of the orders that are theirs to pick. */
  readonly orders: readonly string[];
}

/** One person with one device: signs in, and later works through their orders as the page does, one call after the other. */
export async function arrive(origin: string, { name, location, orders }: Picker, pin: string) {
  const device = new Pool(origin, { connections: 1, pipelining: 1 });
  const json = { 'content-type': 'application/json' };
  const signedIn = await device.request({
    method: 'POST',
    path: '/station/api/session',
    headers: json,
    body: JSON.stringify({ name, pin }),
  });
  const { csrf } = (await signedIn.body.json()) as StationSession;
  const cookie = [signedIn.headers['set-cookie']].flat()[0]?.split(';', 1)[0] ?? '';
  if (signedIn.statusCode !== 200) throw new Error(`${name} cannot sign in: ${signedIn.statusCode}`);

  async function ask<T>(times: number[], path: string, body?: unknown): Promise<T> {
    const started = performance.now();
    const answer = await device.request({
      method: body === undefined ? 'GET' : 'POST',
      path: `/station/api/${path}`,
      headers: { cookie, ...(body === undefined ? {} : { ...json, 'x-csrf-token': csrf }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    times.push(performance.now() - started);
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text) as T;
  }

  return {
    end: () => device.close(),
    list: (times: number[]) => ask<StationList>(times, `orders?location=${location}`),
    /** `thinkMs`: between two things that they do, half of it to half as much again. */
    async work(times: Times, thinkMs: number): Promise<void> {
      const act = async (order: string, what: object) => {
        if (thinkMs > 0) await delay(thinkMs * (0.5 + Math.random()));
        const action = { id: randomUUID(), order, at: new Date().toISOString(), ...what };
        const { results } = await ask<{ results: StationResult[] }>(times.actions, 'actions', { actions: [action] });
        if (results[0]?.result !== 'done') times.refused.push(`${results[0]?.refusal}`);
        return results[0]?.order ?? null;
      };
      for (const order of orders) {
        await ask(times.lists, `orders?location=${location}`);
        await ask(times.orders, `orders/${order}`);
        const claimed = await act(order, { type: 'claim' });
        for (const { sku, quantity } of claimed?.items ?? []) await act(order, { type: 'scan', sku, quantity });
        await act(order, { type: 'pick' });
        await act(order, { type: 'pack' });
      }
    },
  };
}
