import { BridgeError } from '../lib/errors.ts';
import { moveDocuments } from '../store/documents.ts';
import { linkIdentity } from '../store/products.ts';
import { decide, getQuarantine, type Quarantine } from '../store/quarantines.ts';
import { forgetCheckpoint } from '../store/snapshots.ts';
import type { Bridge } from './context.ts';
import { engineErrors } from './errors.ts';

/**
 * Approves what is held. A product whose identity moved is linked: from then on the ERP's record and the SKU belong together, and the
 * next run takes it. A document whose key was used twice cannot be approved: nobody could tell the two apart in OTO.
 * @throws BridgeError WRONG_STATE
 */
export async function approve(bridge: Bridge, ids: readonly number[], note: string | null): Promise<Quarantine[]> {
  return bridge.db.tx(async (tx) => {
    for (const id of ids) {
      const row = await getQuarantine(tx, id);
      if (row?.rule === 'key-reused') {
        throw new BridgeError(engineErrors.WRONG_STATE, {
          message: `${id} cannot be approved: ${row.reason}.`,
          hint: 'Let the ERP give the document an id or number of its own; then reject this one.',
        });
      }
    }
    const decided = await decide(tx, ids, 'approved', bridge.who, note);
    for (const row of decided) {
      if (row.rule !== 'sku-renamed' && row.rule !== 'sku-reused') continue;
      await linkIdentity(tx, row);
      // A read of what has changed has brought this product, and would not bring it again.
      if (row.source !== null) await forgetCheckpoint(tx, row.source, 'products');
    }
    return decided;
  });
}

/**
 * Says no for good to what is held. A document is then never sent; a figure is held again each time, without being news for a week.
 */
export async function reject(bridge: Bridge, ids: readonly number[], note: string | null): Promise<Quarantine[]> {
  return bridge.db.tx(async (tx) => {
    const decided = await decide(tx, ids, 'rejected', bridge.who, note);
    for (const row of decided) {
      if (row.document_id === null || row.rule === 'key-reused') continue;
      await moveDocuments(tx, [row.document_id], ['new', 'held'], 'skipped', {
        why: `rejected by ${bridge.who}${note === null ? '' : `: ${note}`}`,
      });
    }
    return decided;
  });
}
