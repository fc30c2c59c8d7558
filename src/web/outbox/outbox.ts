import { batch, signal } from '@preact/signals';
import type { StationAction, StationResult } from '../../model/station.ts';
import { ApiError } from '../api-error.ts';
import { type Conflict, type DeviceHost, type NewAction, NotKept, type Outbox, type WaitingAction } from '../device.ts';
import { uuid } from '../uuid.ts';
import type { Drawer, KeptAction, Settled } from './drawer.ts';
import type { Tabs } from './tabs.ts';

export interface OutboxParts {
  readonly host: Pick<DeviceHost, 'session' | 'send' | 'refreshSession'>;
  readonly drawer: Drawer;
  readonly tabs: Tabs;
  /** Calls `again` after so many milliseconds; returns how to stop. */
  readonly after: (milliseconds: number, again: () => void) => () => void;
}

/** The server takes 100. Fewer are answered sooner, and less is repeated after a lost answer. */
const batchSize = 25;
const firstRetryMs = 1000;
const longestRetryMs = 15_000;

/**
 * Takes every action to the server: in the order in which they were done, one request at a time, until each has its answer.
 * An action leaves the drawer only with an answer. A lost answer means that it is sent again, which its id makes harmless.
 * What somebody did is sent in their own session and in no other: the server writes down whose session it was.
 */
export function openOutbox({ host, drawer, tabs, after }: OutboxParts): Outbox {
  const waiting = signal<readonly WaitingAction[]>([]);
  const conflicts = signal<readonly Conflict[]>([]);
  const online = signal(true);
  const trouble = signal<'memory' | 'full' | null>(drawer.durable ? null : 'memory');
  const listeners = new Set<(result: StationResult) => void>();
  let retryMs = firstRetryMs;
  let stopTimer = (): void => undefined;
  let sending = false;
  let wanted = false;
  let adding: Promise<unknown> = Promise.resolve();

  /** Shows the drawer as it is, together with the answers that changed it: nothing flickers in between. */
  async function look(results: readonly StationResult[] = []): Promise<readonly KeptAction[]> {
    const kept = await drawer.all();
    batch(() => {
      for (const result of results) for (const listener of listeners) listener(result);
      waiting.value = kept.filter(({ refused }) => refused === undefined);
      conflicts.value = kept.flatMap(({ action, staff, refused }) =>
        refused === undefined ? [] : [{ action, staff, ...refused }],
      );
    });
    return kept;
  }

  async function settle(settled: Settled, results: readonly StationResult[]): Promise<void> {
    await drawer.settle(settled);
    await look(results);
    tabs.tell(results);
  }

  function wake(): void {
    wanted = true;
    stopTimer();
    if (sending) return;
    sending = true;
    void run().finally(() => {
      sending = false;
      if (wanted) wake();
    });
  }

  async function run(): Promise<void> {
    wanted = false;
    const pause = await tabs.alone(empty).catch((error: unknown) => {
      // The drawer does not open any more. What is in it stays in it.
      console.error(error);
      return retryMs;
    });
    if (pause === null) {
      retryMs = firstRetryMs;
      return;
    }
    stopTimer = after(pause, wake);
    retryMs = Math.min(retryMs * 2, longestRetryMs);
  }

  /** Sends what this person has waiting. Returns null when nothing is left to try, otherwise milliseconds until the next try. */
  async function empty(): Promise<number | null> {
    let size = batchSize;
    let refreshed = false;
    for (;;) {
      const kept = await look();
      const staffId = host.session.value?.staff.id;
      const next = kept.filter(({ staff, refused }) => refused === undefined && staff.id === staffId).slice(0, size);
      if (next.length === 0) return null;
      try {
        // No await since the session was read: what goes out goes out in the session of the person who did it.
        const results = await host.send(next.map(({ action }) => action));
        online.value = true;
        if (!(await take(next, results))) return retryMs;
        retryMs = firstRetryMs;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        online.value = error.kind === 'refused' || error.kind === 'signed-out';
        if (isSessionTrouble(error) && !refreshed) {
          // Over, or another person's since another tab signed them in. What is found decides what is sent, if anything.
          refreshed = true;
          await host.refreshSession().catch(() => undefined);
        } else if (!isBadRequest(error)) return Math.max(retryMs, (error.retryAfterSeconds ?? 0) * 1000);
        else if (next.length > 1) size = 1;
        else await refuse(next[0]?.action, error.message);
      }
    }
  }

  /** Whether any of them was answered. */
  async function take(sent: readonly KeptAction[], results: readonly StationResult[]): Promise<boolean> {
    const ids = new Set(sent.map(({ action }) => action.id));
    const known = results.filter(({ id }) => ids.has(id));
    const done = known.filter(({ result }) => result === 'done').map(({ id }) => id);
    const refused = known.filter(({ result }) => result === 'refused');
    await settle({ done, refused }, known);
    return known.length > 0;
  }

  /** The server cannot read this one at all: alone it must not hold up what is behind it. */
  async function refuse(action: StationAction | undefined, message: string): Promise<void> {
    if (action === undefined) return;
    const result = { id: action.id, result: 'refused', refusal: null, message, order: null } as const;
    await settle({ done: [], refused: [result] }, [result]);
  }

  /** One after the other, so that the second of two quick presses sees what the first one did. */
  function add(made: NewAction): Promise<string> {
    const added = adding.then(() => put(made));
    adding = added.catch(() => undefined);
    return added;
  }

  async function put(made: NewAction): Promise<string> {
    const person = host.session.value?.staff;
    if (person === undefined) throw new NotKept('nobody is signed in');
    const last = waiting.value.findLast(({ action, staff }) => action.order === made.order && staff.id === person.id);
    // A button that was pressed twice. Of the lines' actions two may be meant: one more, and one more.
    if (last !== undefined && last.action.type === made.type && wholeOrder.has(made.type)) return last.action.id;
    const action = { ...made, id: uuid(), at: new Date().toISOString() } as StationAction;
    try {
      await drawer.add({ action, staff: { id: person.id, name: person.name } });
    } catch (error) {
      trouble.value = 'full';
      throw new NotKept('this device cannot keep the action', { cause: error });
    }
    if (drawer.durable) trouble.value = null;
    // It is kept. That it cannot be shown yet must not look as if it were not.
    await look().catch(() => undefined);
    tabs.tell([]);
    wake();
    return action.id;
  }

  tabs.onTold((results) => void look(results).catch(() => undefined));
  // The person whose actions wait may be the one who has just signed in.
  host.session.subscribe(() => wake());
  return {
    add,
    waiting,
    conflicts,
    online,
    trouble,
    wake,
    dismiss: (id) => settle({ done: [id], refused: [] }, []),
    onResult(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What is done to an order as a whole. Twice in a row it has no sense. */
const wholeOrder: ReadonlySet<StationAction['type']> = new Set([
  'claim',
  'release',
  'pick',
  'approve',
  'reopen',
  'pack',
  'undo',
]);

const isSessionTrouble = (error: ApiError): boolean => error.status === 401 || error.status === 403;

/** Said by our server, not by a proxy in its place: this request is wrong and stays wrong. */
const isBadRequest = (error: ApiError): boolean =>
  error.code !== null && error.status !== null && [400, 413, 422].includes(error.status);
