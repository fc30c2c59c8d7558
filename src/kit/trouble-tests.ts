import assert from 'node:assert/strict';
import {
  type ConnectorDefinition,
  type EntityName,
  entityNames,
  isBridgeError,
  type Recovery,
} from '../connector/index.ts';
import type { ContractTest, Kit } from './contract-test.ts';
import type { Fake, Trouble } from './fake.ts';
import { describeError, itemsOf, need, openSession } from './session.ts';

/** What may mend each trouble. A page of something else may come from an address that is wrong, or from a proxy that will pass. */
const recoveries: { readonly [T in Trouble]: readonly Recovery[] } = {
  denied: ['fix-config'],
  busy: ['retry'],
  failing: ['retry'],
  reset: ['retry'],
  garbled: ['retry', 'fix-config', 'fix-data'],
};

async function readInTrouble({ definition }: Kit, fake: Fake, trouble: Trouble, entity: EntityName): Promise<void> {
  const what = `${trouble}, reading ${entity}`;
  let error: unknown;
  try {
    await using session = await openSession(definition, fake);
    for await (const item of itemsOf(session, entity)) {
      const came = 'manifest' in item ? 'a manifest' : `a page of ${item.changes.length} records`;
      assert.fail(`${what}: came ${came}, where nothing came from the ERP`);
    }
  } catch (thrown) {
    if (thrown instanceof assert.AssertionError) throw thrown;
    error = thrown;
  }
  assert.ok(error !== undefined, `${what}: the read ended as if there were nothing new`);
  assert.ok(isBridgeError(error), `${what}: the error is no BridgeError: ${describeError(error)}`);
  const wanted = recoveries[trouble];
  assert.ok(
    wanted.includes(error.recovery),
    `${what}: the error's recovery is ${error.recovery}, not ${wanted.join(' or ')}: ${describeError(error)}`,
  );
  assert.ok(
    (error.hint ?? '').length > 0,
    `${what}: the error says nothing of what to do next: ${describeError(error)}`,
  );
}

const errors: ContractTest = {
  id: 'errors',
  title: 'what goes wrong on the way to the ERP is an error that says whether a repeat can help',
  async run(kit) {
    const entities = entityNames.filter((name) => kit.definition.supports.read[name] !== undefined);
    const offered = await troublesOf(kit);
    for (const trouble of offered) {
      for (const entity of entities) {
        await using fake = await kit.startFake();
        await fake.troubles?.[trouble]?.();
        await readInTrouble(kit, fake, trouble, entity);
      }
    }
  },
};

async function troublesOf(kit: Kit): Promise<Trouble[]> {
  await using fake = await kit.startFake();
  const offered = need(fake.troubles, 'troubles', 'errors');
  const known = (Object.keys(recoveries) as Trouble[]).filter((trouble) => offered[trouble] !== undefined);
  assert.ok(known.length > 0, `fake.troubles offers none of ${Object.keys(recoveries).join(', ')}`);
  return known;
}

export function troubleTests({ supports }: ConnectorDefinition): ContractTest[] {
  return Object.keys(supports.read).length > 0 ? [errors] : [];
}
