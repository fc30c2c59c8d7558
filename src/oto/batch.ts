/** One stock read: its SKUs, and the value of the `sku` parameter as it stands in the address. */
export interface ReadBatch {
  readonly kind: 'read';
  readonly skus: readonly string[];
}

/** A SKU that no stock read can name: a comma separates SKUs, and OTO documents no way to write one; a lone surrogate has no address form. */
export interface UnreadableSku {
  readonly kind: 'unreadable';
  readonly sku: string;
  readonly reason: 'comma' | 'not-text' | 'too-long';
}

export interface BatchLimits {
  /** Looked at for each SKU, so that it may fall while the batches are made. */
  skusPerRead: number;
  /** Longest address in bytes. */
  readonly urlLimit: number;
  /** Bytes of the address without the SKUs. */
  readonly baseBytes: number;
}

/** Splits SKUs into reads. Lengths are those of the percent-encoded UTF-8: an Arabic letter takes six bytes of an address. */
export function* readBatches(skus: Iterable<string>, limits: BatchLimits): Generator<ReadBatch | UnreadableSku> {
  const room = limits.urlLimit - limits.baseBytes;
  let batch: string[] = [];
  let bytes = 0;
  for (const sku of skus) {
    const reason = unreadable(sku, room);
    if (reason !== undefined) {
      yield { kind: 'unreadable', sku, reason };
      continue;
    }
    const length = encodeURIComponent(sku).length;
    const withComma = batch.length === 0 ? length : bytes + 1 + length;
    if (batch.length > 0 && (batch.length >= limits.skusPerRead || withComma > room)) {
      yield { kind: 'read', skus: batch };
      batch = [sku];
      bytes = length;
    } else {
      batch.push(sku);
      bytes = withComma;
    }
  }
  if (batch.length > 0) yield { kind: 'read', skus: batch };
}

function unreadable(sku: string, room: number): UnreadableSku['reason'] | undefined {
  if (sku.includes(',')) return 'comma';
  if (sku === '' || !sku.isWellFormed()) return 'not-text';
  return encodeURIComponent(sku).length > room ? 'too-long' : undefined;
}
