import { type Signal, signal } from '@preact/signals';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StationAction, StationResult, StationSession } from '../../src/model/station.ts';
import { ApiError } from '../../src/web/api-error.ts';
import type { Outbox } from '../../src/web/device.ts';
import { type Drawer, MemoryDrawer } from '../../src/web/outbox/drawer.ts';
import { openOutbox } from '../../src/web/outbox/outbox.ts';
import type { Tabs } from '../../src/web/outbox/tabs.ts';

const person = (id: number, csrf = `token-${id}`): StationSession => ({
  staff: { id, name: `person ${id}`, role: 'picker' },
  locations: [],
  csrf,
  expiresAt: '2030-01-01T00:00:00.000Z',
  timezone: 'Asia/Riyadh',
  undoSeconds: 10,
});

type Trouble = 'none' | 'lost-before' | 'lost-after' | 'busy' | 'half';

/** A server as the contract has it: an id that comes again has no second effect, and the same answer. */
class Server {
  /** Who is signed in by the cookie that all tabs share. */
  cookie: StationSession | null = null;
  trouble: Trouble = 'none';
  readonly effects: { readonly staff: number; readonly action: StationAction }[] = [];
  readonly requests: (readonly StationAction[])[] = [];
  readonly #answers = new Map<string, StationResult>();
  inside = 0;

  async post(csrf: string, actions: readonly StationAction[]): Promise<StationResult[]> {
    expect(this.inside, 'one request at a time').toBe(0);
    this.inside += 1;
    await Promise.resolve();
    this.inside -= 1;
    if (this.trouble === 'lost-before') throw new ApiError('offline', 'no route');
    if (this.trouble === 'busy') throw new ApiError('busy', 'HTTP 503', { status: 503 });
    if (this.cookie === null) throw new ApiError('signed-out', 'no session', { status: 401, code: 'NO_SESSION' });
    if (this.cookie.csrf !== csrf) throw new ApiError('refused', 'csrf', { status: 403, code: 'CSRF' });
    this.requests.push(actions);
    if (actions.some((action) => action.order === 'unreadable'))
      throw new ApiError('refused', 'wrong', { status: 400, code: 'BAD_REQUEST' });
    const results = actions.map((action) => this.#answer(action));
    if (this.trouble === 'lost-after') throw new ApiError('offline', 'reset');
    return this.trouble === 'half' ? results.slice(0, Math.ceil(results.length / 2)) : results;
  }

  #answer(action: StationAction): StationResult {
    const before = this.#answers.get(action.id);
    if (before !== undefined) return before;
    const refused = action.order === 'taken';
    if (!refused) this.effects.push({ staff: this.cookie?.staff.id ?? 0, action });
    const answer: StationResult = {
      id: action.id,
      result: refused ? 'refused' : 'done',
      refusal: refused ? 'claimed' : null,
      message: refused ? 'somebody else has it' : null,
      order: null,
    };
    this.#answers.set(action.id, answer);
    return answer;
  }
}

/** A device: one drawer, and any number of tabs on it. */
class TestDevice {
  readonly server = new Server();
  drawer: Drawer = new MemoryDrawer();
  #timers: (() => void)[] = [];
  #told: ((results: readonly StationResult[]) => void)[] = [];
  #line: Promise<unknown> = Promise.resolve();

  tab(): { outbox: Outbox; session: Signal<StationSession | null>; heard: StationResult[] } {
    const session = signal<StationSession | null>(this.server.cookie);
    const tabs: Tabs = {
      alone: (work) => {
        const turn = this.#line.then(work);
        this.#line = turn.catch(() => undefined);
        return turn;
      },
      tell: (results) => {
        for (const listener of this.#told) if (listener !== own) listener(results);
      },
      onTold: (listener) => {
        own = listener;
        this.#told.push(listener);
      },
    };
    let own: ((results: readonly StationResult[]) => void) | undefined;
    const outbox = openOutbox({
      drawer: this.drawer,
      tabs,
      host: {
        session,
        send: (actions) => this.server.post(session.value?.csrf ?? '', actions),
        refreshSession: async () => {
          session.value = this.server.cookie;
        },
      },
      after: (_milliseconds, again) => {
        this.#timers.push(again);
        return () => {
          this.#timers = this.#timers.filter((one) => one !== again);
        };
      },
    });
    const heard: StationResult[] = [];
    outbox.onResult((result) => heard.push(result));
    return { outbox, session, heard };
  }

  /** The power went: no tab goes on, the drawer is what is left. */
  kill(): void {
    this.#timers = [];
    this.#told = [];
  }

  /** Lets everything run that is not waiting for a clock. */
  async settle(): Promise<void> {
    for (let round = 0; round < 60; round += 1) await Promise.resolve();
    await this.#line;
    for (let round = 0; round < 60; round += 1) await Promise.resolve();
  }

  /** The clock reaches the next tries. */
  async tick(): Promise<void> {
    for (const again of this.#timers.splice(0)) again();
    await this.settle();
  }
}

const scan = (order = 'SO-1') => ({ type: 'scan', order, sku: 'A', quantity: 1 }) as const;
const orders = (server: Server) => server.effects.map(({ action }) => action.order);

async function signedIn(id = 1): Promise<{ device: TestDevice } & ReturnType<TestDevice['tab']>> {
  const device = new TestDevice();
  device.server.cookie = person(id);
  const tab = device.tab();
  await device.settle();
  return { device, ...tab };
}

test('ten actions without a server wait in order, survive the end of the page, and are sent once when it is back', async () => {
  const { device, outbox } = await signedIn();
  device.server.trouble = 'lost-before';
  for (let index = 0; index < 10; index += 1) await outbox.add(scan(`SO-${index}`));
  await device.settle();
  expect(outbox.waiting.value).toHaveLength(10);
  expect(outbox.online.value).toBe(false);

  device.kill();
  const after = device.tab();
  await device.settle();
  expect(after.outbox.waiting.value.map(({ action }) => action.order)).toEqual(
    outbox.waiting.value.map(({ action }) => action.order),
  );
  device.server.trouble = 'none';
  await device.tick();
  expect(orders(device.server)).toEqual(Array.from({ length: 10 }, (_, index) => `SO-${index}`));
  expect(after.outbox.waiting.value).toEqual([]);
  expect(after.outbox.online.value).toBe(true);
  expect(after.heard).toHaveLength(10);
});

test('whatever becomes of requests, tabs and pages, each action takes effect once and in order', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), tab: fc.integer({ min: 0, max: 1 }) }) },
    fc.record({
      kind: fc.constant('trouble' as const),
      trouble: fc.constantFrom<Trouble>('none', 'lost-before', 'lost-after', 'busy', 'half'),
    }),
    fc.record({ kind: fc.constantFrom('tick' as const, 'kill' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const device = new TestDevice();
      device.server.cookie = person(1);
      let tabs = [device.tab(), device.tab()];
      let made = 0;
      for (const next of steps) {
        if (next.kind === 'add') await tabs[next.tab]?.outbox.add(scan(`SO-${made++}`));
        if (next.kind === 'trouble') device.server.trouble = next.trouble;
        if (next.kind === 'tick') await device.tick();
        if (next.kind === 'kill') {
          device.kill();
          tabs = [device.tab(), device.tab()];
        }
      }
      device.server.trouble = 'none';
      for (const { outbox } of tabs) outbox.wake();
      await device.settle();
      await device.tick();
      expect(orders(device.server)).toEqual(Array.from({ length: made }, (_, index) => `SO-${index}`));
      for (const { outbox } of tabs) expect(outbox.waiting.value).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('what one person did is never sent while another is signed in, in this tab or by another', async () => {
  const { device, outbox, session } = await signedIn(1);
  device.server.trouble = 'lost-before';
  await outbox.add(scan('of person 1'));
  device.server.trouble = 'none';
  // Another tab signs person 2 in; the cookie is theirs now, and this tab does not know.
  device.server.cookie = person(2);
  await device.tick();
  expect(device.server.effects).toEqual([]);
  expect(session.value?.staff.id).toBe(2);
  await outbox.add(scan('of person 2'));
  await device.settle();
  expect(device.server.effects).toMatchObject([{ staff: 2, action: { order: 'of person 2' } }]);
  expect(outbox.waiting.value).toMatchObject([{ staff: { id: 1 }, action: { order: 'of person 1' } }]);

  session.value = null;
  await expect(outbox.add(scan())).rejects.toThrow('nobody is signed in');
  device.server.cookie = person(1, 'another token');
  session.value = device.server.cookie;
  await device.settle();
  expect(device.server.effects.at(-1)).toMatchObject({ staff: 1, action: { order: 'of person 1' } });
});

test('a session that has ended keeps everything until the same person is back', async () => {
  const { device, outbox, session } = await signedIn(1);
  device.server.cookie = null;
  await outbox.add(scan());
  await device.settle();
  expect([session.value, outbox.waiting.value.length, device.server.effects.length]).toEqual([null, 1, 0]);
  device.server.cookie = person(1, 'new');
  session.value = device.server.cookie;
  await device.settle();
  expect([outbox.waiting.value.length, device.server.effects.length]).toEqual([0, 1]);
});

test('a refused action stays as a conflict until somebody has seen it, over a restart too; what is behind it goes on', async () => {
  const { device, outbox } = await signedIn();
  const id = await outbox.add(scan('taken'));
  await outbox.add(scan('SO-2'));
  await device.settle();
  expect(orders(device.server)).toEqual(['SO-2']);
  const again = device.tab();
  await device.settle();
  expect(again.outbox.conflicts.value).toMatchObject([
    { action: { id }, refusal: 'claimed', message: 'somebody else has it' },
  ]);
  await again.outbox.dismiss(id);
  await device.settle();
  expect([again.outbox.conflicts.value, outbox.conflicts.value]).toEqual([[], []]);
});

test('a button that is pressed twice does it once; two pieces are two pieces', async () => {
  const { device, outbox } = await signedIn();
  const claim = { type: 'claim', order: 'SO-1' } as const;
  const [one, other] = await Promise.all([outbox.add(claim), outbox.add(claim)]);
  expect(other).toBe(one);
  await Promise.all([outbox.add(scan('SO-2')), outbox.add(scan('SO-2')), outbox.add({ ...claim, order: 'SO-2' })]);
  await device.settle();
  expect(orders(device.server)).toEqual(['SO-1', 'SO-2', 'SO-2', 'SO-2']);
});

test('an action that the server cannot read holds up no other', async () => {
  const { device, outbox } = await signedIn();
  device.server.trouble = 'lost-before';
  for (const order of ['SO-1', 'unreadable', 'SO-2']) await outbox.add(scan(order));
  device.server.trouble = 'none';
  await device.tick();
  expect(orders(device.server)).toEqual(['SO-1', 'SO-2']);
  expect(outbox.conflicts.value).toMatchObject([{ action: { order: 'unreadable' }, refusal: null, message: 'wrong' }]);
});

test('a device that cannot keep an action says so, and sends nothing of it', async () => {
  const device = new TestDevice();
  device.server.cookie = person(1);
  const drawer = new MemoryDrawer();
  let full = true;
  device.drawer = {
    durable: true,
    all: () => drawer.all(),
    settle: (settled) => drawer.settle(settled),
    add: async (entry) => {
      if (full) throw new DOMException('full', 'QuotaExceededError');
      await drawer.add(entry);
    },
  };
  const { outbox } = device.tab();
  await expect(outbox.add(scan())).rejects.toThrow('cannot keep');
  await device.settle();
  expect([outbox.trouble.value, outbox.waiting.value, device.server.effects]).toEqual(['full', [], []]);
  full = false;
  await outbox.add(scan());
  await device.settle();
  expect([outbox.trouble.value, device.server.effects.length]).toEqual([null, 1]);
});

test('a browser that keeps nothing is told apart from one that does', () => {
  expect(new TestDevice().tab().outbox.trouble.value).toBe('memory');
});
