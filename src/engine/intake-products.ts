import type { Reject } from '../connector/types.ts';
import { hashOf } from '../lib/hash.ts';
import { counted } from '../lib/text.ts';
import type { Product } from '../model/index.ts';
import { identityClashes, storeProducts } from '../store/products.ts';
import { hold } from '../store/quarantines.ts';
import type { RunContext } from './context.ts';
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
    const fresh = await hold(
      tx,
      clashes.map((clash) => ({
        flow: 'products',
        rule: clash.rule,
        sku: clash.sku,
        source: sourceName,
        erpId: clash.erpId,
        direction: 'identity',
        reason:
          clash.rule === 'sku-renamed'
            ? `the ERP's product ${clash.erpId} was known as "${clash.other}" and now calls itself "${clash.sku}"`
            : `SKU "${clash.sku}" belonged to the ERP's product ${clash.other} and now belongs to ${clash.erpId}`,
        snapshotId: snapshot.id,
        runId: context.run.id,
      })),
    );
    context.tally.quarantined += clashes.length;
    if (fresh > 0) {
      context.note({
        kind: 'identity',
        message: `${counted(fresh, 'product', 'products')} changed identity in "${sourceName}": held back.`,
        hint: '`oto-bridge quarantine list` shows them; approving one links the new SKU.',
        new: true,
        count: fresh,
      });
    }
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
