import assert from 'node:assert/strict';
import {
  type ApplyResult,
  type Command,
  type CommandName,
  type ConnectorDefinition,
  commandNames,
  isBridgeError,
} from '../connector/index.ts';
import type { ContractTest } from './contract-test.ts';
import { type Effect, type Fake, sampleCommands } from './fake.ts';
import { sameRecord } from './hostile.ts';
import { describeError, failureOf, need, openSession, type Session, within } from './session.ts';

export async function applyTo({ connector }: Session, command: Command): Promise<ApplyResult> {
  assert.ok(connector.apply !== undefined, 'the connector has no apply');
  return within(connector.apply(command, new AbortController().signal), 'apply()');
}

async function effectsOf(fake: Fake, id: string): Promise<readonly Effect[]> {
  return need(fake.applied, 'applied', id).call(fake);
}

function requireOne(effects: readonly Effect[], command: Command, id: string): void {
  assert.equal(effects.length, 1, `${id}: ${effects.length} effects`);
  const [effect] = effects;
  for (const [field, value] of Object.entries(effect ?? {})) {
    const meant = (command as unknown as Record<string, unknown>)[field];
    assert.ok(
      sameRecord(meant, value, field),
      `the ERP has ${field} ${JSON.stringify(value)}, not ${JSON.stringify(meant)}`,
    );
  }
}

function applyOnce(name: CommandName): ContractTest {
  const id = `apply-once/${name}`;
  return {
    id,
    title: 'the command has its effect',
    async run({ definition, startFake }) {
      await using fake = await startFake();
      await using session = await openSession(definition, fake);
      const command = sampleCommands[name];
      const result = await applyTo(session, command);
      assert.equal(result.outcome, 'done');
      requireOne(await effectsOf(fake, id), command, id);
    },
  };
}

function applyTwice(name: CommandName): ContractTest {
  const id = `apply-twice/${name}`;
  return {
    id,
    title: 'the same operation again, from a new session, has no second effect',
    async run({ definition, startFake }) {
      await using fake = await startFake();
      const command = sampleCommands[name];
      {
        await using session = await openSession(definition, fake);
        await applyTo(session, command);
      }
      await using session = await openSession(definition, fake);
      const again = await applyTo(session, command);
      requireOne(await effectsOf(fake, id), command, id);
      assert.equal(again.outcome, 'already-done');
      // Told apart by the operation, not by what it says: the same once more, on purpose, is a new effect.
      const next = await applyTo(session, { ...command, id: `${command.id}-b` });
      assert.equal(next.outcome, 'done', 'another operation with the same content was taken for the first');
    },
  };
}

function applyUnknown(declared: readonly string[]): ContractTest {
  const id = 'apply-unknown';
  return {
    id,
    title: 'a command that is not declared is refused with a clear error, and nothing happens',
    async run({ definition, startFake }) {
      await using fake = await startFake();
      await using session = await openSession(definition, fake);
      const others: Command[] = commandNames
        .filter((name) => !declared.includes(name))
        .map((name) => sampleCommands[name]);
      // A bridge newer than the connector may know commands that the connector has never heard of.
      others.push({ name: 'no-such-command', id: 'op-0009' } as unknown as Command);
      for (const command of others) {
        const error = await failureOf(() => applyTo(session, command), `${command.name} was applied`);
        assert.ok(isBridgeError(error), `${command.name}: the error is no BridgeError: ${describeError(error)}`);
      }
      assert.deepEqual(await effectsOf(fake, id), [], 'a refused command had an effect');
    },
  };
}

export function applyTests({ supports }: ConnectorDefinition): ContractTest[] {
  const declared = commandNames.filter((name) => supports.apply[name] !== undefined);
  if (declared.length === 0) return [];
  return [
    ...declared.map(applyOnce),
    ...declared.filter((name) => supports.apply[name]?.idempotent === true).map(applyTwice),
    applyUnknown(declared),
  ];
}
