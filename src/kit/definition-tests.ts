import assert from 'node:assert/strict';
import { definitionSchema } from '../connector/definition.ts';
import { entityNames, isBridgeError, type Recovery } from '../connector/index.ts';
import type { ContractTest, Kit } from './contract-test.ts';
import { HandleTracker } from './handles.ts';
import { optionFields } from './options.ts';
import { describeError, failureOf, list, need, openSession, within } from './session.ts';

const secretName = /passw|secret|token|api_?key|credential/i;

export const definitionTest: ContractTest = {
  id: 'definition',
  title: 'the definition is whole, its example parses, an unknown option is refused',
  async run({ definition }) {
    const checked = definitionSchema.safeParse(definition);
    if (!checked.success) {
      assert.fail(
        checked.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; '),
      );
    }
    const example = definition.options.safeParse(definition.example);
    assert.ok(example.success, `the example does not parse: ${example.error?.message}`);
    const odd = { ...(definition.example as object), 'no-such-option': 1 };
    // Otherwise a mistyped option is dropped in silence, and the connector does something else than its configuration says.
    assert.ok(!definition.options.safeParse(odd).success, 'an unknown option is accepted: use z.strictObject');
  },
};

const optionsDocumented: ContractTest = {
  id: 'options-documented',
  title: 'every option has a description, and what looks like a secret is marked as one',
  async run({ definition }) {
    const fields = optionFields(definition);
    const bare = fields.filter((field) => !field.described).map((field) => field.path);
    assert.ok(bare.length === 0, `without .describe(): ${list(bare)}`);
    const open = fields.filter((field) => secretName.test(field.name) && !field.secret).map((field) => field.path);
    assert.ok(open.length === 0, `looks like a secret and is not wrapped in secret(): ${list(open)}`);
  },
};

const supportsTrue: ContractTest = {
  id: 'supports-true',
  title: 'there is a reader for each declared entity and for no other, and apply where commands are declared',
  async run({ definition, startFake }) {
    await using fake = await startFake();
    await using session = await openSession(definition, fake);
    const { connector } = session;
    const declared = entityNames.filter((entity) => definition.supports.read[entity] !== undefined);
    const there = entityNames.filter((entity) => connector.read[entity] !== undefined);
    assert.deepEqual(there, declared, 'readers and supports.read differ');
    const applies = Object.keys(definition.supports.apply).length > 0;
    assert.equal(connector.apply !== undefined, applies, 'apply and supports.apply differ');
    for (const entity of declared) {
      const rows = fake.rows[entity] ?? [];
      assert.ok(rows.length > 0, `fake.rows.${entity} is missing or empty: nothing would be proven of it`);
    }
  },
};

async function openAndCheck({ definition, startFake }: Kit, failure?: { kind: 'auth' | 'host'; id: string }) {
  await using fake = await startFake();
  if (failure !== undefined) await need(fake.fail, 'fail', failure.id).call(fake, failure.kind);
  // Whatever stands behind the address may be asked for when the session opens or when it is checked.
  await using session = await openSession(definition, fake);
  await within(session.connector.check(new AbortController().signal), 'check()');
}

const checkOk: ContractTest = {
  id: 'check-ok',
  title: 'check passes where all is well',
  run: (kit) => openAndCheck(kit),
};

function checkFails(id: string, kind: 'auth' | 'host', recovery: Recovery, title: string): ContractTest {
  return {
    id,
    title,
    async run(kit) {
      const error = await failureOf(() => openAndCheck(kit, { kind, id }), 'check passed');
      assert.ok(isBridgeError(error), `the error is no BridgeError: ${describeError(error)}`);
      assert.equal(error.recovery, recovery, `the error's code calls for another recovery: ${describeError(error)}`);
      assert.ok((error.hint ?? '').length > 0, `the error says nothing of what to do next: ${describeError(error)}`);
    },
  };
}

const closes: ContractTest = {
  id: 'closes',
  title: 'closing twice is fine, and nothing stays open',
  async run({ definition, startFake }) {
    await using fake = await startFake();
    const handles = new HandleTracker();
    await handles.run(async () => {
      const session = await openSession(definition, fake);
      await within(session.connector.check(new AbortController().signal), 'check()');
      await within(session.connector[Symbol.asyncDispose](), 'closing');
      await session.close();
    });
    await handles.requireReleased('after closing');
  },
};

/** Credentials can only be refused where the options hold some. */
export function sessionTests(hasSecret: boolean): ContractTest[] {
  const host = checkFails('check-host', 'host', 'retry', 'nothing at the address: a repeat can help');
  const auth = checkFails('check-auth', 'auth', 'fix-config', 'refused credentials: the configuration has to change');
  return [optionsDocumented, supportsTrue, checkOk, ...(hasSecret ? [auth] : []), host, closes];
}
