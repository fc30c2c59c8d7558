import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createOtoClient, type OtoClient } from '../../src/oto/index.ts';
import { defaultRefreshToken, startSimulator } from '../../src/simulator/index.ts';
import { sharedRate } from '../../src/store/rate.ts';
import { createSharedTokens } from '../../src/store/rate-tokens.ts';
import { testDatabase } from '../support/database.ts';
import { fullestSecond } from '../support/rate.ts';

const database = testDatabase();

test("OTO's log: one who packs is not held up by the raises of others, and all keep to the rate", {
  timeout: 60_000,
}, async () => {
  const requestsPerSecond = 20;
  const log = pino({ level: 'silent' });
  const simulator = await startSimulator();
  onTestFinished(() => simulator.close());
  const open = (): OtoClient => {
    const limiter = createSharedTokens({ rate: sharedRate(database.db), requestsPerSecond, log });
    const client = createOtoClient({
      baseUrl: simulator.baseUrl,
      refreshToken: defaultRefreshToken,
      requestsPerSecond,
      limiter,
      concurrency: 8,
      timeoutMs: 10_000,
      skusPerRead: 50,
      urlLimit: 4_000,
      log,
    });
    onTestFinished(() => client.close());
    return client;
  };
  const raise = { actionType: 'set', locationCode: 'RUH1', sku: 'A', qty: 4 } as const;
  for (const client of [open(), open(), open()]) {
    for (let call = 0; call < 200; call += 1) void client.call('updateStockQuantity', raise);
  }
  const raises = (): number => simulator.requests.list({ endpoint: 'updateStockQuantity' }).length;
  const packer = open();
  await packer.identity();
  await expect.poll(raises, { timeout: 20_000 }).toBeGreaterThan(5);
  const passedBy: number[] = [];
  for (let order = 1; order <= 8; order += 1) {
    const before = raises();
    await packer.call('updatePackingStatus', { orderId: `${order}`, packingStatus: 'picked' });
    const [arrived] = simulator.requests.list({ endpoint: 'updatePackingStatus', limit: 1 });
    const first = simulator.requests
      .list({ endpoint: 'updateStockQuantity' })
      .filter(({ seq }) => seq < (arrived?.seq ?? 0));
    passedBy.push(first.length - before);
  }
  expect(simulator.requests.list({ endpoint: 'updatePackingStatus' })).toHaveLength(8);
  // They went on meanwhile, and had their own share.
  expect(passedBy.some((count) => count > 0)).toBe(true);
  // Its share is 8 of 11. Those before it: of the time slots that were given out when it came.
  expect(passedBy.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(8 * 4);
  expect(fullestSecond(simulator.requests.list({}).map(({ at }) => at))).toBeLessThanOrEqual(
    requestsPerSecond * 1.1 + 1,
  );
});
