import { counted } from '../lib/text.ts';
import type { Tx } from '../store/db.ts';
import { unrejectedClashes } from '../store/identities.ts';
import type { IdentityClash } from '../store/products.ts';
import { hold } from '../store/quarantines.ts';
import type { Snapshot } from '../store/snapshots.ts';
import type { RunContext } from './context.ts';

/** Holds products whose identity moved (SKU renamed, or used for another product) until a person has linked them, and says so. */
export async function holdClashes(
  context: RunContext,
  tx: Tx,
  source: string,
  snapshot: Snapshot,
  clashes: readonly IdentityClash[],
): Promise<void> {
  if (clashes.length === 0) return;
  const asked = await unrejectedClashes(tx, source, clashes);
  const fresh = await hold(
    tx,
    asked.map((clash) => ({
      flow: 'products',
      rule: clash.rule,
      sku: clash.sku,
      source,
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
  if (fresh === 0) return;
  context.note({
    kind: 'identity',
    message: `${counted(fresh, 'product', 'products')} changed identity in "${source}": held back.`,
    hint: '`oto-bridge quarantine list` shows them; approving one links the new SKU.',
    new: true,
    count: fresh,
  });
}
