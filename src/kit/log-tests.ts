import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { commandNames, entityNames } from '../connector/index.ts';
import { secretForms } from '../lib/redact.ts';
import { secretValues } from '../lib/secret.ts';
import { applyTo } from './apply-tests.ts';
import type { ContractTest, Kit } from './contract-test.ts';
import { type Fake, sampleCommands } from './fake.ts';
import { FakeError, LogLines, openSession, parseOptions, read, within } from './session.ts';

/** Everything that a connector says in one go through all it can do: log lines, errors, and what the bridge stores. */
interface Said {
  readonly log: LogLines;
  readonly errors: unknown[];
  readonly stored: unknown[];
}

async function exercise({ definition }: Kit, fake: Fake, said: Said): Promise<void> {
  const attempt = async (run: () => Promise<unknown>) => {
    try {
      said.stored.push(await run());
    } catch (error) {
      if (error instanceof FakeError) throw error;
      said.errors.push(error);
    }
  };
  await attempt(async () => {
    await using session = await openSession(definition, fake, said.log);
    await attempt(() => within(session.connector.check(new AbortController().signal), 'check()'));
    for (const entity of entityNames.filter((name) => definition.supports.read[name] !== undefined)) {
      await attempt(async () => {
        const { pages, manifests, checkpoint } = await read(session, entity);
        said.stored.push(pages, manifests);
        await read(session, entity, { since: checkpoint });
      });
    }
    for (const name of commandNames.filter((one) => definition.supports.apply[one] !== undefined)) {
      await attempt(() => applyTo(session, sampleCommands[name]));
    }
  });
}

const quiet: ContractTest = {
  id: 'quiet',
  title: 'where all goes well, nothing is logged above debug',
  async run(kit) {
    await using fake = await kit.startFake();
    const said: Said = { log: new LogLines(), errors: [], stored: [] };
    await exercise(kit, fake, said);
    const loud = said.log.lines.filter(({ level }) => level > 20).map(({ text }) => text.trim());
    assert.ok(loud.length === 0, `logged: ${loud.slice(0, 5).join('\n')}`);
    if (said.errors.length > 0) throw said.errors[0];
  },
};

function requireUnsaid(secrets: readonly string[], said: Said, when: string): void {
  const places: [string, string][] = [
    ...said.log.lines.map(({ text }): [string, string] => ['a log line', text]),
    ...said.errors.map((error): [string, string] => [
      'an error',
      `${inspect(error, { depth: 12, showHidden: true })}${JSON.stringify(error)}`,
    ]),
    ...said.stored.map((value): [string, string] => ['a page, a manifest or a result', JSON.stringify(value) ?? '']),
  ];
  for (const secret of secrets) {
    const found = places.find(([, text]) => secretForms(secret).some((form) => text.includes(form)));
    // The text is not shown: a report of the leak would be another one.
    if (found !== undefined)
      assert.fail(`${when}, ${found[0]} holds the secret that starts with "${secret.slice(0, 2)}"`);
  }
}

const noSecrets: ContractTest = {
  id: 'no-secrets',
  title: 'no secret stands in a log line, an error or what is stored, whatever goes wrong',
  async run(kit) {
    const troubles: [string, (fake: Fake) => Promise<unknown> | undefined][] = [
      ['where all goes well', async () => {}],
      ['with refused credentials', (fake) => fake.fail?.('auth')],
      ['with nothing at the address', (fake) => fake.fail?.('host')],
      ...entityNames
        .filter((entity) => kit.definition.supports.read[entity] !== undefined)
        .map((entity): [string, (fake: Fake) => Promise<unknown> | undefined] => [
          `with a broken read of ${entity}`,
          (fake) => fake.breakOff?.(entity),
        ]),
    ];
    for (const [when, cause] of troubles) {
      await using fake = await kit.startFake();
      const { definition } = kit;
      const secrets = [...secretValues(definition.options, parseOptions(definition, fake)), ...(fake.secrets ?? [])];
      assert.ok(secrets.length > 0, 'the fake sets none of the secret options: nothing could leak');
      for (const secret of secrets)
        assert.ok(secret.length >= 8, 'a secret of the fake is too short to be searched for');
      await cause(fake);
      const said: Said = { log: new LogLines(), errors: [], stored: [] };
      await exercise(kit, fake, said);
      requireUnsaid(secrets, said, when);
    }
  },
};

export function logTests(hasSecret: boolean): ContractTest[] {
  return hasSecret ? [quiet, noSecrets] : [quiet];
}
