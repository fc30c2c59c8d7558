import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectorTests, contractTests } from '../../src/kit/index.ts';
import { type Fault, startToy, toyConnector } from './toy.ts';

interface Outcome {
  passed: string[];
  /** Ids with what the failure says. */
  failed: Record<string, string>;
}

/** Runs the kit with a `test` of its own, that takes note instead of failing. */
async function run(options: Omit<Parameters<typeof connectorTests>[0], 'test'>): Promise<Outcome> {
  const tests: { id: string; run: () => Promise<void> }[] = [];
  connectorTests({
    ...options,
    test: (name, run) => tests.push({ id: name.split(/[ :]/)[1] ?? '', run }),
  });
  const outcome: Outcome = { passed: [], failed: {} };
  for (const { id, run } of tests) {
    await run().then(
      () => outcome.passed.push(id),
      (error: Error) => {
        outcome.failed[id] = error.message;
      },
    );
  }
  return outcome;
}

const runToy = (...faults: Fault[]) => run({ definition: toyConnector(...faults), startFake: startToy });

describe('the kit', () => {
  test('passes a sound connector, and chooses its tests by what it supports', async () => {
    const { passed, failed } = await runToy();
    expect(failed).toEqual({});
    expect(passed).toEqual(contractTests(toyConnector()).map(({ id }) => id));
    expect(passed).toContain('resume/products');
    expect(passed).not.toContain('ties/stock');
    expect(passed).toContain('check-auth');
  });

  test.each<[Fault, string[], RegExp]>([
    ['resumes-after-time', ['ties/products'], /missing "0", "7", "8"/],
    ['acknowledges-early', ['resume/products', 'ties/products'], /missing/],
    ['logs-password', ['no-secrets'], /a log line holds the secret/],
    ['password-in-error', ['no-secrets'], /an error holds the secret/],
    ['manifest-after-break', ['interrupted-full/products'], /claims a manifest/],
    [
      'one-key-for-two',
      ['valid/products', 'hostile/products', 'bad-row/products', 'resume/products', 'ties/products'],
      /a key stands for two records: "1"/,
    ],
    ['applies-twice', ['apply-twice/set-packing-status'], /2 effects/],
    ['ignores-abort', ['abort/products', 'abort/stock'], /after the abort came a page/],
    ['drops-bad-rows', ['bad-row/products'], /nothing was rejected/],
    ['floats', ['hostile/products'], /12345678901234567890/],
    ['loose-options', ['definition'], /unknown option/],
    ['leaks-timer', ['early-return/products'], /still open: a timer/],
    ['leaves-file-open', ['early-return/products'], /still open: .*toy\.ts|still open: a file/],
    ['forgets-deletes', ['deletes/products'], /removed and not reported: missing "1"/],
    ['time-in-future', ['manifest/products'], /in the future/],
    ['date-in-checkpoint', ['checkpoint-json/products'], /does not survive JSON/],
    ['chatty', ['quiet'], /"level":30/],
    ['idle-page', ['idle/products'], /a page/],
    ['keeps-a-lock', ['resume/products', 'ties/products'], /Another read is under way/],
    ['takes-page-for-end', ['errors'], /garbled, reading products: the read ended as if there were nothing new/],
    ['retries-denied', ['errors'], /denied, reading products: the error's recovery is retry, not fix-config/],
  ])('finds %s', async (fault, ids, message) => {
    const { failed } = await runToy(fault);
    expect(Object.keys(failed)).toEqual(ids);
    expect(Object.values(failed)[0]).toMatch(message);
  });

  test('finds a read that never ends, and ends itself', async () => {
    const { failed } = await runToy('never-ends');
    expect(failed['valid/products']).toMatch(/the read of products does not end: 1000 pages, the last of \d+ records/);
  });

  test('says no secret itself when it reports one', async () => {
    const { failed } = await runToy('logs-password');
    expect(failed['no-secrets']).not.toContain('correct-horse');
  });
});

describe('a waiver', () => {
  const sound = { definition: toyConnector(), startFake: startToy };
  const strict = { definition: toyConnector('resumes-after-time'), startFake: startToy };

  test('covers a test that fails, and names its reason', async () => {
    const names: string[] = [];
    const waive = { 'ties/products': 'the ERP gives no stable order' };
    connectorTests({ ...strict, waive, test: (name) => names.push(name) });
    expect(names.filter((name) => name.includes('(waived: the ERP gives no stable order)'))).toHaveLength(1);
    expect((await run({ ...strict, waive })).failed).toEqual({});
  });

  test('covers no other test', async () => {
    const { failed } = await run({ ...strict, waive: { 'check-auth': 'no reason' } });
    expect(Object.keys(failed)).toEqual(['check-auth', 'ties/products']);
  });

  test('fails once it is no longer needed', async () => {
    const { failed } = await run({ ...sound, waive: { 'ties/products': 'the ERP gives no stable order' } });
    expect(failed).toEqual({
      'ties/products': 'Waiver ties/products is no longer needed: its test passes. Take it out.',
    });
  });

  test('has to name a chosen test and to give a reason', async () => {
    const odd = await run({ ...sound, waive: { 'ties/stock': 'stock is read in full' } });
    expect(odd.failed).toEqual({ waivers: 'no test "ties/stock" is chosen for this connector' });
    const mute = await run({ ...strict, waive: { 'ties/products': ' ' } });
    expect(mute.failed).toEqual({ waivers: 'waiver ties/products gives no reason' });
  });

  test('ends with its day, and its test then fails with the reason', async () => {
    const reason = 'release 9 of the ERP sorts by number';
    const kept = await run({ ...strict, waive: { 'ties/products': { reason, until: '2999-12-31' } } });
    expect(kept.failed).toEqual({});
    const ended = await run({ ...strict, waive: { 'ties/products': { reason, until: '2026-01-31' } } });
    expect(ended.failed).toEqual({
      'ties/products': expect.stringMatching(
        /ended on 2026-01-31\. It was: release 9.*\. What the test says now: .*missing "0"/s,
      ),
    });
    const odd = await run({ ...strict, waive: { 'ties/products': { reason, until: '2999-02-30' } } });
    expect(odd.failed.waivers).toContain('"2999-02-30", which is no day');
  });

  test('does not cover a fake that is broken itself', async () => {
    const { failed } = await run({
      ...sound,
      startFake: () => Promise.reject(new Error('port taken')),
      waive: { 'ties/products': 'the ERP gives no stable order' },
    });
    expect(failed['ties/products']).toBe('startFake() failed');
  });
});

test('what a fake does not offer fails the tests that need it, by name', async () => {
  const { failed } = await run({
    definition: toyConnector(),
    startFake: async () => Object.assign(await startToy(), { ties: undefined, bad: undefined }),
  });
  expect(failed).toEqual({
    'bad-row/products': expect.stringMatching(/no bad\(\): add it, or waive "bad-row\/products"/),
    'ties/products': expect.stringContaining('no ties()'),
    'bad-row/stock': expect.stringContaining('no bad()'),
  });
});

describe('under node:test', () => {
  // TAP, because the default form differs between a terminal and a pipe.
  const runNode = (...faults: Fault[]) =>
    spawnSync(process.execPath, ['--test-reporter=tap', join(import.meta.dirname, 'toy-under-node.ts'), ...faults], {
      encoding: 'utf8',
    });

  test('a sound connector passes', () => {
    const { status, stdout } = runNode();
    expect(stdout).toMatch(/^ok \d+ - toy resume\/products: /m);
    expect(stdout).not.toMatch(/^not ok/m);
    expect(status).toBe(0);
  });

  test('a wrong one fails, and the process says so', () => {
    const { status, stdout } = runNode('resumes-after-time');
    expect(stdout.match(/^not ok .*$/gm)).toEqual([expect.stringMatching(/toy ties\/products: /)]);
    expect(status).toBe(1);
  });
});
