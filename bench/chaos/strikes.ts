/** The blows against workers and the database. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom, seedOf } from '../../src/simulator/random.ts';
import type { Child } from './children.ts';
import { leaseSeconds, type Site, type Slot } from './site.ts';
import { crashOf } from './troubles.ts';

const writes = ['updateStockQuantity', 'createProduct', 'createInventoryOrder', 'updatePackingStatus'] as const;
/** How long others, a person among them, may take to settle what a worker that is stopped has claimed: long, for a machine that is kept busy. */
const ambushSeconds = 180;

/** What the next edits of the ERP are asked to bring. */
export interface Wishes {
  receipts: number;
}

export class Strikes {
  readonly #site: Site;
  readonly #wishes: Wishes;
  readonly #random: () => number;
  readonly #crashes: () => number;
  readonly #killed = new WeakSet<Child>();
  #quiet = false;
  #ambushes = 0;
  /** `aimed`: of the pauses, those of workers that had claimed something and not sent it, or sent it and not settled it. */
  readonly done = { pauses: 0, aimed: 0, restarts: 0, revocations: 0, outages: 0 };

  constructor(site: Site, wishes: Wishes, seed: number) {
    this.#site = site;
    this.#wishes = wishes;
    this.#random = seededRandom(seedOf(seed, 'strikes'));
    this.#crashes = seededRandom(seedOf(seed, 'crashes'));
  }

  /** kill -9 of a worker: some calls later, or in the middle of whatever it does. */
  async kill(): Promise<void> {
    const slots = this.#inOrder();
    const after = Math.floor(this.#random() * 6);
    if (after < 4) await this.#writesFrom(await this.#writes(), after, 2000);
    // Workers that stand still, or that another blow has hit just now, are no aim: a blow waits for one that is.
    const deadline = performance.now() + 10_000;
    while (performance.now() < deadline && !this.#quiet) {
      const child = slots.find(
        (slot) => !slot.paused && slot.child?.running === true && !this.#killed.has(slot.child),
      )?.child;
      if (child !== undefined) {
        this.#killed.add(child);
        child.signal('SIGKILL');
        return;
      }
      await sleep(50);
    }
  }

  /** A worker stands still for longer than it may hold what it has claimed, and then goes on as if nothing had been. */
  async pause(): Promise<void> {
    const slot = this.#pick();
    const extra = 0.3 + this.#random() * 3;
    if (!stop(slot)) return;
    this.done.pauses += 1;
    await sleep((leaseSeconds + extra) * 1000);
    go(slot);
  }

  /**
   * A worker is stopped when it has claimed a document whose call has not gone out, and goes on only when others have settled it. The
   * moment is found by the bridge's table, since nothing outside of it knows of a claim; OTO is slowed down, so that it lasts.
   */
  async ambush(): Promise<void> {
    this.#ambushes += 1;
    const { control, db } = this.#site;
    await control.addFault({
      id: `status429/ambush-${this.#ambushes}`,
      endpoint: 'createInventoryOrder',
      kind: 'status429',
      retryAfterSeconds: 1,
      count: 2,
    });
    this.#wishes.receipts += 6;
    const deadline = performance.now() + 10_000;
    while (performance.now() < deadline) {
      const claimed = await claims(this.#site);
      for (const { id, who, waybill, sentAt } of claimed) {
        const slot = this.#site.slots.find(({ child }) => child !== undefined && who === `worker ${child.pid}`);
        if (slot === undefined || !stop(slot)) continue;
        // What was on its way when it was stopped has arrived by then.
        await sleep(60);
        const calls = await control.calls({ endpoint: 'createInventoryOrder' });
        const sent = calls.some((call) => call.params?.waybillNumber === waybill && call.at > sentAt - 5);
        const row = await db
          .maybe<{ state: string }>('select state from operation where id = $1', [id])
          .catch(() => undefined);
        if (row?.state !== 'sending' || sent) {
          go(slot);
          continue;
        }
        this.done.aimed += 1;
        this.done.pauses += 1;
        await this.#untilSettled(id);
        go(slot);
        return;
      }
      await sleep(5);
    }
  }

  /** Where each worker that is started ends or stops of itself; nowhere once it is quiet. */
  arm(): string | undefined {
    return this.#quiet ? undefined : crashOf(this.#crashes);
  }

  /** Looks after workers that have stopped themselves: they go on once their lease is long over. */
  async watch(): Promise<void> {
    /** By process: until when it stands still. */
    const until = new Map<number, number>();
    while (!this.#quiet) {
      await sleep(250);
      for (const slot of this.#site.slots) {
        const pid = slot.child?.pid ?? 0;
        if (slot.paused || slot.armed?.endsWith('!stop') !== true || !(await isStopped(pid))) continue;
        if (!until.has(pid)) {
          // Now and then long enough for a person to decide meanwhile.
          until.set(pid, performance.now() + (leaseSeconds + 2 + this.#crashes() * 15) * 1000);
          this.done.pauses += 1;
          this.done.aimed += 1;
        }
        if (performance.now() > (until.get(pid) ?? 0)) slot.child?.signal('SIGCONT');
      }
    }
  }

  /** No more blows. Workers that still would kill or stop themselves make room for others. */
  calm(): void {
    if (this.#quiet) return;
    this.#quiet = true;
    for (const slot of this.#site.slots) {
      slot.child?.signal('SIGCONT');
      if (slot.armed === undefined || slot.child?.running !== true) continue;
      slot.child.signal('SIGKILL');
    }
  }

  async restart(): Promise<void> {
    await this.#site.restartDatabase();
    this.done.restarts += 1;
  }

  /** Now all access tokens end, now the refresh token too, for a while. */
  async revoke(): Promise<void> {
    const { control } = this.#site;
    const hard = this.#random() < 0.6;
    const seconds = 1 + this.#random() * 2;
    await control.revokeTokens({ accessTokens: true, refreshToken: hard });
    this.done.revocations += 1;
    if (!hard) return;
    await sleep(seconds * 1000);
    await control.restoreTokens();
  }

  async outage(): Promise<void> {
    const seconds = 0.5 + this.#random() * 2;
    await this.#site.control.outage(seconds);
    this.done.outages += 1;
    await sleep(seconds * 1000);
  }

  /** The workers, from a random one on. */
  #inOrder(): Slot[] {
    const { slots } = this.#site;
    const from = Math.floor(this.#random() * slots.length);
    return [...slots.slice(from), ...slots.slice(0, from)];
  }

  #pick(): Slot | undefined {
    // One that stands still is left alone: it has to wake up.
    return this.#inOrder().find((slot) => !slot.paused);
  }

  async #writes(): Promise<number> {
    const counts = await this.#site.control.counts();
    return writes.reduce((sum, name) => sum + (counts[name]?.calls ?? 0), 0);
  }

  async #writesFrom(before: number, more: number, atMostMs: number): Promise<void> {
    const deadline = performance.now() + atMostMs;
    while (performance.now() < deadline && (await this.#writes()) < before + more) await sleep(15);
  }

  async #untilSettled(id: number): Promise<void> {
    const deadline = performance.now() + ambushSeconds * 1000;
    while (performance.now() < deadline) {
      await sleep(200);
      const row = await this.#site.db
        .maybe<{ state: string }>('select state from operation where id = $1', [id])
        .catch(() => undefined);
      if (row !== undefined && ['landed', 'cancelled', 'refused'].includes(row.state)) return;
    }
  }
}

interface Claim {
  readonly id: number;
  readonly who: string;
  readonly waybill: string;
  /** Of the claim, in epoch milliseconds. */
  readonly sentAt: number;
}

async function claims({ db }: Site): Promise<Claim[]> {
  return db
    .query<Claim>(
      `select o.id, e.who, o.request->>'waybillNumber' as waybill,
         (extract(epoch from o.sent_at) * 1000)::float8 as "sentAt" from operation o
       join lateral (select who from operation_event where operation_id = o.id and "to" = 'sending' order by id desc limit 1) e on true
       where o.kind = 'inventory-order' and o.state = 'sending' and o.sent_at > now() - interval '500 milliseconds'`,
    )
    .catch(() => []);
}

/** Whether a process stands still. Where the system does not tell, none is taken for it. */
async function isStopped(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return /^State:\s+T/m.test(status);
}

function stop(slot: Slot | undefined): slot is Slot {
  if (slot?.child?.running !== true || slot.paused) return false;
  slot.paused = true;
  slot.child.signal('SIGSTOP');
  return true;
}

function go(slot: Slot): void {
  slot.paused = false;
  slot.child?.signal('SIGCONT');
}
