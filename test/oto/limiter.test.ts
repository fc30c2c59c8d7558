import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createGate } from '../../src/oto/gate.ts';
import type { Lane } from '../../src/oto/lanes.ts';
import { anytime, createLimiter, oneOf, type TokenSource, type Turn } from '../../src/oto/limiter.ts';
import type { Timer } from '../../src/oto/wait.ts';

/** Time that passes only in sleeps, each of which may oversleep. */
function fakeTimer(lateBy: () => number = () => 0): Timer & { advance(ms: number): void } {
  let time = 0;
  return {
    now: () => time,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      time += ms + lateBy();
    },
    advance(ms) {
      time += ms;
    },
  };
}

const cause = { why: 'test', ageMs: 0 };

function fullest(times: readonly number[]): number {
  return Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + 1_000).length));
}

describe('the rate', () => {
  test('no second holds more than the rate, a tenth of it and one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.record({ late: fc.nat(200), idle: fc.nat(3_000), slow: fc.boolean() }), {
          minLength: 1,
          maxLength: 8,
        }),
        async (rate, events) => {
          let at = 0;
          const timer = fakeTimer(() => (events[at % events.length]?.late ?? 0) * (at % 7 === 0 ? 1 : 0));
          const limiter = createLimiter({ requestsPerSecond: rate, timer });
          const times: number[] = [];
          for (const event of events) {
            timer.advance(event.idle);
            if (event.slow) limiter.slowDown(100, cause);
            for (let call = 0; call < rate; call += 1) {
              await limiter.take(oneOf('reads'));
              at += 1;
              times.push(timer.now());
            }
          }
          expect(fullest(times)).toBeLessThanOrEqual(rate * 1.1 + 1);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('is reached', async () => {
    const timer = fakeTimer();
    const limiter = createLimiter({ requestsPerSecond: 5, timer });
    for (let call = 0; call < 50; call += 1) await limiter.take(oneOf('reads'));
    expect(timer.now()).toBeLessThanOrEqual(10_000);
  });

  test('slows down at once and recovers by steps to where it was', async () => {
    const timer = fakeTimer();
    const limiter = createLimiter({ requestsPerSecond: 40, timer });
    await limiter.take(oneOf('reads'));
    limiter.slowDown(60_000, cause);
    limiter.slowDown(1_000, cause);
    await limiter.take(oneOf('reads'));
    expect(timer.now()).toBeGreaterThanOrEqual(60_000);
    const rates = [limiter.rate];
    while (limiter.rate < 40 && rates.length < 20) {
      timer.advance(5_000);
      rates.push(limiter.rate);
    }
    expect(rates[0]).toBe(20);
    expect(rates.at(-1)).toBe(40);
    expect(rates.length).toBeGreaterThan(2);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
  });

  test('answers that come together count as one request to slow down; a repeated one slows further, to a floor', () => {
    const timer = fakeTimer();
    const limiter = createLimiter({ requestsPerSecond: 64, timer });
    for (let answer = 0; answer < 8; answer += 1) limiter.slowDown(1_000, cause);
    expect(limiter.rate).toBe(32);
    for (let times = 0; times < 20; times += 1) {
      timer.advance(1_000);
      limiter.slowDown(1_000, cause);
    }
    expect(limiter.rate).toBe(2);
  });

  test('unlimited means no wait, until OTO asks for one', async () => {
    const timer = fakeTimer();
    const limiter = createLimiter({ requestsPerSecond: 'unlimited', timer });
    for (let call = 0; call < 1_000; call += 1) await limiter.take(oneOf('reads'));
    expect(timer.now()).toBe(0);
    limiter.slowDown(2_000, cause);
    await limiter.take(oneOf('reads'));
    expect(timer.now()).toBe(2_000);
    timer.advance(60_000);
    expect(limiter.rate).toBe(Number.POSITIVE_INFINITY);
  });

  test('one who gives up neither holds the others up nor lets them pass too early', async () => {
    const held = Promise.withResolvers<void>();
    let time = 0;
    const limiter = createLimiter({
      requestsPerSecond: 1,
      timer: {
        now: () => time,
        sleep: async (ms) => {
          await held.promise;
          time += ms;
        },
      },
    });
    await limiter.take(oneOf('reads'));
    const order: string[] = [];
    const first = limiter.take(oneOf('reads')).then(() => order.push('first'));
    const abort = new AbortController();
    const gone = limiter.take(oneOf('reads'), abort.signal);
    const last = limiter.take(oneOf('reads')).then(() => order.push('last'));
    abort.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    expect(order).toEqual([]);
    held.resolve();
    await Promise.all([first, last]);
    expect(order).toEqual(['first', 'last']);
    expect(time).toBeGreaterThanOrEqual(1_900);
  });
});

describe.each([
  ['at once', () => anytime],
  ['after a while', async () => anytime],
])('the gate, where turns come %s', (_title, take) => {
  const free: TokenSource = { take, changed: () => {}, slowDown: () => {} };

  test('lets in no more than the slots, and each leaving lets in one', async () => {
    const gate = createGate(2, free);
    const { leave } = await gate.enter('reads');
    await gate.enter('reads');
    let third = false;
    const waiting = gate.enter('reads').then(() => {
      third = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([third, gate.active, gate.waiting]).toEqual([false, 2, 1]);
    leave();
    leave();
    await waiting;
    expect([gate.active, gate.waiting]).toEqual([2, 0]);
  });

  test('a crowded lane leaves the others their share', async () => {
    const gate = createGate(1, free);
    const { leave } = await gate.enter('raising');
    const entered: Lane[] = [];
    const enter = async (lane: Lane): Promise<void> => {
      const { leave: out } = await gate.enter(lane);
      entered.push(lane);
      out();
    };
    const all = [
      ...Array.from({ length: 300 }, () => enter('raising')),
      ...Array.from({ length: 40 }, () => enter('packing')),
    ];
    leave();
    await Promise.all(all);
    expect(entered.slice(0, 60).filter((lane) => lane === 'packing').length).toBeGreaterThanOrEqual(35);
    expect(entered.slice(0, 60).filter((lane) => lane === 'raising').length).toBeGreaterThanOrEqual(10);
    expect(entered).toHaveLength(340);
  });

  test('whoever gives up leaves no slot taken', async () => {
    const token = Promise.withResolvers<Turn>();
    const gate = createGate(1, { ...free, take: () => token.promise });
    const abort = new AbortController();
    const gone = gate.enter('reads', abort.signal);
    const next = gate.enter('reads');
    abort.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    token.resolve(anytime);
    await next;
    expect(gate.active).toBe(1);
  });

  test('those who give up together leave the others waiting, and nobody listens any more', async () => {
    const gate = createGate(1, free);
    const patience = new AbortController();
    const { leave } = await gate.enter('reads', patience.signal);
    const gone = [gate.enter('raising', patience.signal), gate.enter('reads', patience.signal)];
    const other = new AbortController();
    const last = gate.enter('reads', other.signal);
    expect(gate.waiting).toBe(3);
    patience.abort(new Error('gone'));
    for (const one of gone) await expect(one).rejects.toThrow('gone');
    await expect(gate.enter('reads', patience.signal)).rejects.toThrow('gone');
    expect([gate.active, gate.waiting]).toEqual([1, 1]);
    leave();
    await last;
    expect([gate.active, gate.waiting]).toEqual([1, 0]);
    for (const { signal } of [patience, other]) expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('once it closes, nobody enters', async () => {
    const closing = new AbortController();
    const gate = createGate(1, free, closing.signal);
    const { leave } = await gate.enter('reads');
    const waiting = gate.enter('reads', new AbortController().signal);
    closing.abort(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    await expect(gate.enter('reads')).rejects.toThrow('closed');
    leave();
    expect([gate.active, gate.waiting]).toEqual([0, 0]);
  });

  test('a token source that fails refuses that one call alone', async () => {
    let calls = 0;
    const gate = createGate(1, {
      ...free,
      take: async () => {
        calls += 1;
        if (calls === 1) throw new Error('no database');
        return anytime;
      },
    });
    await expect(gate.enter('reads')).rejects.toThrow('no database');
    await gate.enter('reads');
    expect(gate.active).toBe(1);
  });
});
