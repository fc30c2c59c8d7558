import type { Config } from '../config/schema.ts';
import type { Change, Reject } from '../connector/types.ts';
import { toWhole } from '../lib/decimal.ts';
import { counted } from '../lib/text.ts';
import type { Tx } from '../store/db.ts';
import { seeCodes } from '../store/erp-codes.ts';
import { identityClashes, skusOfOtherTypes } from '../store/products.ts';
import { partitionOf, type Snapshot } from '../store/snapshots.ts';
import {
  addParts,
  dropDuplicates,
  dropParts,
  duplicateRows,
  keepLast,
  type RefusedRow,
  refusedParts,
  type StockPart,
  stageParts,
} from '../store/stock-duplicates.ts';
import { addDoubts, copyText } from '../store/stock-plan.ts';
import type { RunContext } from './context.ts';
import { holdClashes } from './identity.ts';
import { type Finish, type Intake, intake, type StorePage } from './intake.ts';
import { KeySet } from './key-set.ts';
import { LocationMap } from './locations.ts';

type StockChange = Exclude<Change<'stock'>, Reject>;
type Source = Config['sources'][string];

interface Doubt {
  readonly sku: string;
  readonly location: string;
  readonly reason: string;
}

/** Reads a source's stock into a partition of its own: mapped to OTO locations, in whole base units. */
export async function intakeStock(context: RunContext, sourceName: string): Promise<Intake | undefined> {
  const config = context.config.sources[sourceName];
  if (config === undefined) throw new Error(`source ${sourceName} is not configured`);
  const types = context.config.flows.stock?.types ?? [];
  const without = new Set(await skusOfOtherTypes(context.db, types));
  const staging = new Staging(context, sourceName, config, new LocationMap(context.config, sourceName), without);
  const read = await intake(context, sourceName, 'stock', staging.storePage, staging.finish);
  if (staging.leftOut > 0) {
    context.note({
      kind: 'no-stock',
      message: `${counted(staging.leftOut, 'stock row', 'stock rows')} of kits or services ${staging.leftOut === 1 ? 'was' : 'were'} left out: they carry no stock of their own.`,
      hint: 'If OTO shall have them all the same, add their type to `flows.stock.types`.',
      new: false,
      count: staging.leftOut,
    });
  }
  for (const [location, rows] of read === undefined ? [] : staging.rows()) context.signs.set(`rows/${location}`, rows);
  return read;
}

/** An ERP code that stock was read for. */
interface Place {
  readonly oto: string;
  readonly text: string;
  readonly salt: number;
  rows: number;
}

/** Puts the rows of one read where the plan finds them. */
class Staging {
  readonly #context: RunContext;
  readonly #sourceName: string;
  readonly #config: Source;
  readonly #map: LocationMap;
  readonly #keys = new KeySet();
  /** The codes of OTO's locations, as part of a line for COPY, and as a number for the keys. */
  readonly #places = new Map<string, Place>();
  /** SKUs of products that carry no stock. */
  readonly #without: ReadonlySet<string>;
  leftOut = 0;
  #lots = false;
  #parts = false;
  #seq = 0;

  constructor(context: RunContext, sourceName: string, config: Source, map: LocationMap, without: ReadonlySet<string>) {
    this.#context = context;
    this.#without = without;
    this.#sourceName = sourceName;
    this.#config = config;
    this.#map = map;
  }

  readonly storePage: StorePage<'stock'> = async (tx, snapshot, changes, rejected) => {
    const { units, fraction, duplicates } = this.#config;
    const summed = duplicates === 'sum';
    const rejects: Reject[] = [];
    const doubts: Doubt[] = [];
    const parts: StockPart[] = [];
    const clashing = await this.#clashing(tx, snapshot, changes);
    let text = '';
    let ignored = 0;
    for (const change of changes) {
      if (change.op === 'delete') continue;
      this.#seq += 1;
      const { sku, location, quantity, unit } = change.value;
      const mapped = this.#map.find(location);
      if (mapped === 'ignored') {
        ignored += 1;
        continue;
      }
      if (mapped === 'unmapped') {
        const reason = `location "${location}" is neither mapped in locations nor listed in ignoreLocations`;
        rejects.push(rejectOf(change, 'location', location, reason));
        continue;
      }
      const place = this.#placeOf(mapped.oto, location);
      place.rows += 1;
      if (this.#without.has(sku)) {
        ignored += 1;
        this.leftOut += 1;
        continue;
      }
      if (clashing.has(sku)) {
        ignored += 1;
        continue;
      }
      const doubt = (column: string, value: string, reason: string) => {
        rejects.push(rejectOf(change, column, value, reason));
        doubts.push({ sku, location: mapped.oto, reason });
      };
      if (sku.includes(',')) {
        doubt('sku', sku, 'OTO reads stock by SKUs joined with commas, so a SKU with a comma can never be read back');
        continue;
      }
      const factor = unit === undefined || unit === '' ? '1' : units[unit];
      if (factor === undefined) {
        doubt('unit', unit ?? '', `unit "${unit}" is not listed in sources.${this.#sourceName}.units`);
        continue;
      }
      // Of rows that are summed only the sum has to be whole.
      const whole = toWhole(quantity, factor, summed ? 'reject' : fraction);
      if (whole.ok) {
        if (!this.#keys.add(sku, place.salt)) this.#lots = true;
        text += `${copyText(sku)}${place.text}${whole.value}${summed ? '' : this.#origin(change)}\n`;
      } else if (summed && whole.exact !== undefined) {
        const { file, line } = change.place ?? {};
        const row = { sku, location: mapped.oto, erpLocation: location, key: change.key, file, line };
        parts.push({ ...row, quantity: whole.exact, written: quantity, reason: whole.reason });
      } else {
        doubt('quantity', quantity, whole.reason);
      }
    }
    // A row that the connector rejected may be one of several for its key: without it their sum would be too low.
    for (const reject of rejected) {
      const [sku, location] = (reject.key ?? '').split('\t');
      if (sku === undefined || location === undefined) continue;
      const mapped = this.#map.find(location);
      if (typeof mapped !== 'object') continue;
      this.#placeOf(mapped.oto, location).rows += 1;
      doubts.push({ sku, location: mapped.oto, reason: reject.reason });
    }
    if (text !== '') {
      const columns = `sku, location, erp_location, quantity${summed ? '' : ', seq, file, line'}`;
      await tx.copyInto(`copy ${partitionOf(snapshot.id)} (${columns}) from stdin`, [text]);
    }
    await addDoubts(tx, snapshot.id, doubts);
    await addParts(tx, snapshot.id, parts);
    if (parts.length > 0) this.#parts = true;
    return { rejects, ignored };
  };

  /** SKUs whose product was known by another one, or that were another product's: the plan leaves the figures of both alone. */
  async #clashing(tx: Tx, snapshot: Snapshot, changes: readonly StockChange[]): Promise<Set<string>> {
    const known = new Map<string, { sku: string; erpId: string }>();
    for (const change of changes) {
      if (change.op === 'delete' || change.value.productId === undefined) continue;
      const { sku, productId: erpId } = change.value;
      known.set(`${sku}\t${erpId}`, { sku, erpId });
    }
    if (known.size === 0) return new Set();
    const clashes = await identityClashes(tx, this.#sourceName, [...known.values()]);
    await holdClashes(this.#context, tx, this.#sourceName, snapshot, clashes);
    return new Set(clashes.map(({ sku }) => sku));
  }

  /** What can be judged only when every row is there: sums of fractions, and rows of one key. */
  readonly finish: Finish = async (tx, snapshot, reject) => {
    const { duplicates, fraction } = this.#config;
    this.#keys.clear();
    let ignored = 0;
    const refuse = async (rows: AsyncIterable<RefusedRow[]>, column: string | undefined) => {
      for await (const portion of rows) await this.#refuse(tx, snapshot, portion, column, reject);
    };
    if (this.#parts) {
      // Their sum may join whole rows of the same key.
      this.#lots = true;
      const floor = fraction === 'floor';
      await stageParts(tx, snapshot.id, floor);
      await refuse(refusedParts(tx, snapshot.id, floor), 'quantity');
      await dropParts(tx, snapshot.id);
    }
    if (this.#lots && duplicates === 'last') ignored += await keepLast(tx, snapshot.id);
    if (this.#lots && duplicates === 'reject') {
      await refuse(duplicateRows(tx, snapshot.id), undefined);
      await dropDuplicates(tx, snapshot.id);
    }
    await seeCodes(tx, this.#sourceName, snapshot.id, [...this.#places.keys()]);
    return { ignored, lots: this.#lots };
  };

  /** How many rows there are for each location of OTO, rejected ones included. */
  rows(): Map<string, number> {
    const rows = new Map<string, number>();
    for (const place of this.#places.values()) rows.set(place.oto, (rows.get(place.oto) ?? 0) + place.rows);
    return rows;
  }

  async #refuse(
    tx: Tx,
    snapshot: Snapshot,
    rows: readonly RefusedRow[],
    column: string | undefined,
    reject: (rejects: readonly Reject[]) => Promise<void>,
  ): Promise<void> {
    await addDoubts(tx, snapshot.id, rows);
    await reject(
      rows.map((row) => ({
        op: 'reject',
        key: row.key,
        file: row.file ?? undefined,
        line: row.line ?? undefined,
        column,
        value: row.value,
        reason: row.reason,
      })),
    );
  }

  #placeOf(oto: string, erp: string): Place {
    const known = this.#places.get(erp);
    if (known !== undefined) return known;
    // Of one OTO location all ERP codes count as one: what is looked for are keys with several rows.
    const twin = [...this.#places.values()].find((place) => place.oto === oto);
    const place = {
      oto,
      rows: 0,
      text: `\t${copyText(oto)}\t${copyText(erp)}\t`,
      salt: twin?.salt ?? this.#places.size + 1,
    };
    this.#places.set(erp, place);
    return place;
  }

  /** Where the row came in the read: by this the last one of several is known, and each can be named. */
  #origin({ place }: StockChange): string {
    return `\t${this.#seq}\t${place?.file === undefined ? '\\N' : copyText(place.file)}\t${place?.line ?? '\\N'}`;
  }
}

function rejectOf(change: StockChange, column: string, value: string, reason: string): Reject {
  return { op: 'reject', key: change.key, column, value, reason, ...change.place };
}
