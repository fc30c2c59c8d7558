import type { Change, EntityName, Reject } from '../connector/types.ts';
import { hashOf } from '../lib/hash.ts';
import type { NewReject } from '../store/snapshots.ts';

/** A page without rejections, the usual one, is used as it is. */
export function parted<E extends EntityName>(changes: readonly Change<E>[]) {
  type Usable = Exclude<Change<E>, Reject>;
  if (changes.every((change) => change.op !== 'reject'))
    return { usable: changes as readonly Usable[], fromConnector: [] };
  return {
    usable: changes.filter((change): change is Usable => change.op !== 'reject'),
    fromConnector: changes.filter((change): change is Reject => change.op === 'reject'),
  };
}

export function toRow(source: string, entity: EntityName, reject: Reject): NewReject {
  const value = reject.value === undefined ? null : reject.value.slice(0, 500);
  return {
    key: reject.key ?? null,
    file: reject.file ?? null,
    line: reject.line ?? null,
    column_name: reject.column ?? null,
    value,
    reason: reject.reason,
    // Without the line number: the same bad row on another line of tomorrow's export is not new trouble.
    fingerprint: hashOf([
      source,
      entity,
      reject.key ?? reject.line ?? null,
      reject.column ?? null,
      value,
      reject.reason,
    ]),
  };
}
