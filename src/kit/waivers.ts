import assert from 'node:assert/strict';
import type { ContractTest, Kit } from './contract-test.ts';
import { FakeError } from './session.ts';

/**
 * Why a test is waived: a reason that lies in the ERP and will stay, or one that ends. A waived test still runs and must fail: once it passes,
 * the waiver has to go. From the day after `until` (`2027-01-31`, in UTC) the waiver counts no more, and its test fails with the reason.
 */
export type Waiver = string | { readonly reason: string; readonly until: string };

const reasonOf = (waiver: Waiver) => (typeof waiver === 'string' ? waiver : waiver.reason);

/** The test as it is registered: under its own name, or as one that has to fail. */
export function waived(name: string, one: ContractTest, waiver: Waiver | undefined, kit: Kit) {
  if (waiver === undefined) return { name, run: () => one.run(kit) };
  const until = typeof waiver === 'string' ? '' : ` until ${waiver.until}`;
  return { name: `${name} (waived${until}: ${reasonOf(waiver)})`, run: () => runWaived(one, waiver, kit) };
}

async function runWaived(one: ContractTest, waiver: Waiver, kit: Kit): Promise<void> {
  try {
    await one.run(kit);
  } catch (error) {
    if (error instanceof FakeError) throw error;
    if (typeof waiver === 'string' || new Date().toISOString().slice(0, 10) <= waiver.until) return;
    assert.fail(
      `Waiver ${one.id} ended on ${waiver.until}. It was: ${waiver.reason}. What the test says now: ${(error as Error).message}`,
    );
  }
  assert.fail(`Waiver ${one.id} is no longer needed: its test passes. Take it out.`);
}

export async function waiverTest(
  waive: { readonly [id: string]: Waiver },
  chosen: readonly ContractTest[],
): Promise<void> {
  for (const [id, waiver] of Object.entries(waive)) {
    assert.ok(
      chosen.some((one) => one.id === id),
      `no test "${id}" is chosen for this connector`,
    );
    assert.ok(reasonOf(waiver).trim().length > 0, `waiver ${id} gives no reason`);
    if (typeof waiver === 'string') continue;
    const day = new Date(`${waiver.until}T00:00:00Z`);
    const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(waiver.until);
    assert.ok(
      isDay && waiver.until.length === 10,
      `waiver ${id} ends on "${waiver.until}", which is no day like 2027-01-31`,
    );
  }
}
