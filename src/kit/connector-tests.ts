import { definitionSchema } from '../connector/definition.ts';
import { type ConnectorDefinition, entityNames } from '../connector/index.ts';
import { applyTests } from './apply-tests.ts';
import type { ContractTest, EntityTest, Kit } from './contract-test.ts';
import { definitionTest, sessionTests } from './definition-tests.ts';
import type { Fake } from './fake.ts';
import { logTests } from './log-tests.ts';
import { optionFields } from './options.ts';
import { bySku, everyRead } from './read-tests.ts';
import { deletingRead, incrementalRead, resumedRead } from './resume-tests.ts';
import { FakeError } from './session.ts';
import { stoppedRead } from './stop-tests.ts';
import { troubleTests } from './trouble-tests.ts';
import { type Waiver, waived, waiverTest } from './waivers.ts';
import { watchTests } from './watch-tests.ts';

export interface ConnectorTestsOptions {
  /** `test` of vitest, of node:test, or of anything else that takes a name and an async function. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  readonly definition: ConnectorDefinition;
  /** Called for every test, often more than once; each fake is disposed of. */
  startFake(): Promise<Fake>;
  /** What the connector cannot do, by the test's id. */
  readonly waive?: { readonly [id: string]: Waiver };
}

/** Registers one test for each promise that the definition makes. All errors are node:assert's. */
export function connectorTests({ test, definition, startFake, waive = {} }: ConnectorTestsOptions): void {
  const kit: Kit = {
    definition,
    startFake: async () => {
      try {
        return await startFake();
      } catch (error) {
        throw new FakeError('startFake() failed', { cause: error });
      }
    },
  };
  const chosen = contractTests(definition);
  for (const one of chosen) {
    const { name, run } = waived(`${definition.name} ${one.id}: ${one.title}`, one, waive[one.id], kit);
    void test(name, run);
  }
  if (Object.keys(waive).length > 0) {
    void test(`${definition.name} waivers: each names a test of this connector and gives a reason`, () =>
      waiverTest(waive, chosen));
  }
}

/** The tests that a definition's `supports` and options choose, in the order in which they run. */
export function contractTests(definition: ConnectorDefinition): ContractTest[] {
  // Of a definition that is broken, nothing can be chosen by.
  if (!definitionSchema.safeParse(definition).success) return [definitionTest];
  const withSecret = hasSecret(definition);
  return [
    definitionTest,
    ...sessionTests(withSecret),
    ...entityNames.flatMap((entity): ContractTest[] => {
      const support = definition.supports.read[entity];
      if (support === undefined) return [];
      const tests: EntityTest[] = [...everyRead, ...stoppedRead, resumedRead];
      if (support.mode === 'incremental') tests.push(...incrementalRead);
      if (support.deletes !== 'never') tests.push(deletingRead);
      if (support.bySku === true) tests.push(bySku);
      return tests.map(({ id, title, run }) => ({ id: `${id}/${entity}`, title, run: (kit) => run(kit, entity) }));
    }),
    ...troubleTests(definition),
    ...watchTests(definition),
    ...applyTests(definition),
    ...logTests(withSecret),
  ];
}

function hasSecret(definition: ConnectorDefinition): boolean {
  try {
    return optionFields(definition).some((field) => field.secret);
  } catch {
    // `options-documented` says why.
    return false;
  }
}
