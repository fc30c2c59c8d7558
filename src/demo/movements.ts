import type { DateTime } from 'luxon';
import type { DemoProduct } from './catalogue.ts';
import { Random } from './random.ts';
import { demoLocations } from './source.ts';

export interface DemoLine {
  readonly product: DemoProduct;
  readonly quantity: number;
  readonly unit: 'PCS' | 'CTN12';
}

/** A finished receipt or disposal. */
export interface DemoDocument {
  readonly type: 'GRN' | 'WOF';
  readonly id: string;
  readonly number: string;
  readonly bookedAt: DateTime;
  readonly location: string;
  readonly vendor: string;
  readonly waybill: string;
  readonly lines: readonly DemoLine[];
}

const vendors = [
  'شركة الواحة للتجارة',
  'Najd Trading Co.',
  'مؤسسة المرجان, جدة',
  'Gulf Home Supplies',
  'Al Rimal "Wholesale"',
] as const;

export const pieces = (line: DemoLine): number => line.quantity * (line.unit === 'CTN12' ? 12 : 1);

/**
 * When documents were booked: half within three hours before the stock was counted (their goods are in its figures), some on
 * the two days before, and a few after it.
 */
function bookedAt(random: Random, n: number, asOf: DateTime, now: DateTime): DateTime {
  if (n % 10 === 9) return asOf.plus({ seconds: random.whole(1, Math.max(1, now.diff(asOf, 'seconds').seconds - 1)) });
  if (n % 2 === 0) return asOf.minus({ minutes: random.whole(2, 180) }).startOf('second');
  return asOf.minus({ hours: random.whole(6, 54), minutes: random.whole(0, 59) }).startOf('second');
}

export interface Clock {
  readonly asOf: DateTime;
  readonly now: DateTime;
}

/** `count` documents of one type, whose numbers carry their day, so that an export of another day holds other documents. */
export function demoDocuments(
  type: DemoDocument['type'],
  count: number,
  products: readonly DemoProduct[],
  { asOf, now }: Clock,
  seed: number,
): DemoDocument[] {
  const random = new Random(seed);
  const storable = products.filter((product) => product.kind === 'Inventory' && product.active);
  return Array.from({ length: count }, (_, n) => {
    const at = bookedAt(random, n, asOf, now);
    const receipt = type === 'GRN';
    const seen = new Set<string>();
    const lines: DemoLine[] = [];
    const wanted = random.whole(receipt ? 2 : 1, receipt ? 8 : 3);
    while (lines.length < wanted) {
      const product = random.pick(storable);
      if (seen.has(product.sku)) continue;
      seen.add(product.sku);
      const carton = receipt && random.chance(0.3);
      lines.push({
        product,
        quantity: carton ? random.whole(1, 6) : random.whole(1, receipt ? 60 : 4),
        unit: carton ? 'CTN12' : 'PCS',
      });
    }
    const serial = String(n + 1).padStart(4, '0');
    return {
      type,
      id: `${receipt ? 1 : 2}${at.toFormat('yyMMdd')}${serial}`,
      number: `${type}-${at.toFormat('yyyyMMdd')}-${serial}`,
      bookedAt: at,
      location: random.pick(demoLocations).erp,
      vendor: receipt ? random.pick(vendors) : '',
      waybill: receipt && random.chance(0.5) ? `WB${at.toFormat('yyMMdd')}${serial}` : '',
      lines,
    };
  });
}
