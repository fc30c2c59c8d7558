import { setTimeout as delay } from 'node:timers/promises';
import type { EntityName } from '../../src/connector/index.ts';
import { finishedLines } from './documents.ts';
import { templatesTell } from './products.ts';
import type { Domain, Session } from './session.ts';
import { shifted, timeOf } from './values.ts';
import { secondOf } from './window.ts';

/** What shows that an entity has changed. */
interface Sign {
  readonly entity: EntityName;
  readonly model: string;
  readonly domain: Domain;
}

/** The newest changes that are looked at. Where more than these come within the overlap, one that is committed late may go unseen here. */
const most = 500;
const second = 1000;
const minute = 60 * second;

/**
 * Odoo tells nobody that something has changed: so it is asked for its newest changes every so often, a few hundred ids at most. Names an
 * entity where one is among them that was not there before. The first names are of what changed before the first look.
 */
export async function* watchOdoo(
  session: Session,
  entities: readonly EntityName[],
  signal: AbortSignal,
): AsyncGenerator<EntityName, void> {
  const { rpc } = await session.standing(signal);
  const signs = entities.flatMap((entity) => signsOf(session, entity, rpc.version));
  const lookouts = signs.map((sign) => new Lookout(session, sign));
  const pause = (ms: number) =>
    delay(ms, undefined, { signal }).then(
      () => true,
      () => false,
    );
  for (let isFirst = true; ; isFirst = false) {
    const news = new Set<EntityName>(isFirst ? entities : []);
    for (const lookout of lookouts) if (await lookout.look(signal)) news.add(lookout.entity);
    if (news.size > 0 && !(await pause(untilOver(session, lookouts)))) return;
    yield* news;
    if (!(await pause(session.options.watch.everySeconds * 1000))) return;
  }
}

/**
 * Odoo shows seconds: two changes of one record within one look alike. So a change is named when its second is over, and whoever reads then
 * gets both.
 */
function untilOver({ context }: Session, lookouts: readonly Lookout[]): number {
  const newest = Math.max(0, ...lookouts.map((lookout) => lookout.newest));
  return Math.min(Math.max(newest + 2 * second - context.now(), 0), 2 * second);
}

function signsOf({ options }: Session, entity: EntityName, version: number): Sign[] {
  const done: Domain = [['state', '=', 'done']];
  const ledger = (domain: Domain): Sign[] => [{ entity, model: 'stock.move.line', domain }];
  switch (entity) {
    case 'products':
      return [
        { entity, model: 'product.product', domain: options.products.domain },
        ...(templatesTell(version) ? [{ entity, model: 'product.template', domain: [] }] : []),
      ];
    case 'stock':
      // What is reserved changes a quant and no line of the ledger; a figure on hand never changes without one.
      return options.stock.figure === 'available' ? [{ entity, model: 'stock.quant', domain: [] }] : ledger(done);
    case 'documents':
      return ledger(finishedLines(options));
    case 'movements':
      return ledger(done);
  }
}

class Lookout {
  readonly #session: Session;
  readonly #sign: Sign;
  #known: ReadonlySet<string> = new Set();
  #newest: string | undefined;

  constructor(session: Session, sign: Sign) {
    this.#session = session;
    this.#sign = sign;
  }

  get entity(): EntityName {
    return this.#sign.entity;
  }

  /** Odoo's time of the newest change: milliseconds since the epoch. */
  get newest(): number {
    return this.#newest === undefined ? 0 : timeOf(this.#newest);
  }

  /** Whether there is a change that was not there at the look before. */
  async look(signal: AbortSignal): Promise<boolean> {
    const { model, domain } = this.#sign;
    const overlap = this.#session.options.overlapMinutes * minute;
    const since = this.#newest === undefined ? [] : [['write_date', '>=', shifted(this.#newest, -overlap)]];
    const search = {
      domain: [...domain, ...since],
      fields: ['write_date'],
      order: 'write_date desc, id desc',
      limit: most,
    };
    const rows = await this.#session.search(model, search, signal);
    const seen = rows.map((row) => `${row.id} ${secondOf(row)}`);
    const isNew = seen.some((one) => !this.#known.has(one));
    this.#known = new Set(seen);
    this.#newest = secondOf(rows[0]) ?? this.#newest;
    return isNew;
  }
}
