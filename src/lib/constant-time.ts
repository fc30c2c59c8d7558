import { timingSafeEqual } from 'node:crypto';
import { sha256 } from './hash.ts';

/** Whether two texts are the same, in a time that shows neither where they differ nor how long they are. */
export function sameInConstantTime(left: string, right: string): boolean {
  // Digests have one length, which `timingSafeEqual` demands.
  return timingSafeEqual(Buffer.from(sha256(left)), Buffer.from(sha256(right)));
}
