import type { Reject } from '../connector/types.ts';
import { hashOf } from '../lib/hash.ts';
import type { Product } from '../model/index.ts';
import { endClashes } from '../store/identities.ts';
import { identityClashes, storeProducts } from '../store/products.ts';
import type { RunContext } from './context.ts';
import { holdClashes } from './identity.ts';
import { type Intake, intake, type StorePage } from './intake.ts';

/** Reads a source's products. One whose identity moved (SKU renamed, or used for another product) is quarantined until linked. */
export async function intakeProducts(context: RunContext, sourceName: string): Promise<Intake | undefined> {
  const seen = new Set<string>();
  const storePage: StorePage<'products'> = async (tx, snapshot, changes) => {
    const rejects: Reject[] = [];
    const page = new Map<string, { sku: string; erpId: string | null; data: (typeof changes)[number] }>();
    for (const change of changes) {
      if (change.op === 'delete') continue;
      const { sku } = change.value;
      if (seen.has(sku)) {
        rejects.push({
          op: 'reject',
          key: change.key,
          column: 'sku',
          value: sku,
          reason: `SKU "${sku}" stands in the export more than once; the first row counts`,
          ...change.place,
        });
        continue;
      }
      seen.add(sku);
      page.set(sku, { sku, erpId: change.value.id ?? null, data: change });
    }
    const clashes = await identityClashes(tx, sourceName, [...page.values()]);
    for (const clash of clashes) page.delete(clash.sku);
    await holdClashes(context, tx, sourceName, snapshot, clashes);
    context.tally.quarantined += clashes.length;
    await endClashes(tx, sourceName, [...page.values()]);
    await storeProducts(
      tx,
      sourceName,
      snapshot.id,
      [...page.values()].flatMap(({ sku, erpId, data }) =>
        data.op === 'upsert' ? [{ sku, erpId, data: data.value, hash: hashOf(sentOf(data.value)) }] : [],
      ),
    );
    return { rejects, ignored: 0 };
  };
  return intake(context, sourceName, 'products', storePage);
}

/** What OTO is told of a product: only a change of that makes the two differ. */
function sentOf({ supplier: _, ...sent }: Product): Omit<Product, 'supplier'> {
  return sent;
}
