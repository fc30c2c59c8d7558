import { expect, test } from 'vitest';
import { fuzz } from '../../../bench/fuzz/fuzz.ts';
import { temporaryFolder } from './harness.ts';

test.each([1, 5000, 90_000])(
  '10,000 rows with all that ERPs do to CSV: each is read as it must be, or rejected (seed %i)',
  async (seed) => {
    const result = await fuzz(10_000, seed, { folder: await temporaryFolder() });
    expect(result.rows).toBeGreaterThanOrEqual(10_000);
    expect(result.accepted + result.rejected + result.leftOut).toBe(result.rows);
    expect(result.rejected).toBeGreaterThan(0);
  },
);
