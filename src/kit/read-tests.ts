import assert from 'node:assert/strict';
import type { z } from 'zod';
import {
  type Change,
  type Checkpoint,
  type EntityName,
  isBridgeError,
  movement,
  product,
  type StockLevel,
  stockDocument,
  stockKey,
  stockLevel,
} from '../connector/index.ts';
import type { EntityTest, Kit } from './contract-test.ts';
import { hostileRecords, sameRecord } from './hostile.ts';
import {
  describeError,
  failureOf,
  itemsOf,
  keysOf,
  list,
  need,
  openSession,
  type Read,
  read,
  sameKeys,
} from './session.ts';

const models: { readonly [E in EntityName]: z.ZodType } = {
  products: product,
  stock: stockLevel,
  documents: stockDocument,
  movements: movement,
};

const completenesses = ['proven', 'likely', 'unproven'];

/** A full read of a fresh fake, with what the fake holds. */
async function readFresh(
  { definition, startFake }: Kit,
  entity: EntityName,
): Promise<{ all: Read; rows: readonly string[] }> {
  await using fake = await startFake();
  await using session = await openSession(definition, fake);
  const rows = fake.rows[entity] ?? [];
  assert.ok(rows.length > 0, `fake.rows.${entity} is missing or empty`);
  return { all: await read(session, entity), rows };
}

function requireValid(change: Change, entity: EntityName): void {
  if (change.op === 'reject') assert.fail(`a good record was rejected: ${change.key ?? ''} ${change.reason}`);
  assert.ok(change.key !== '', 'a key is empty');
  if (change.op === 'delete') return;
  const parsed = models[entity].safeParse(change.value);
  if (parsed.success) return;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')} ${message}`);
  assert.fail(`${change.key} does not fit the model: ${issues.join('; ')}`);
}

function requireKeys(changes: readonly Change[], entity: EntityName): void {
  if (entity === 'stock') {
    // Several lines of one figure (lots, bins) are summed, so a key may repeat; a rejected line is found by it.
    for (const change of changes) {
      if (change.op !== 'upsert') continue;
      const { sku, location } = change.value as StockLevel;
      assert.equal(change.key, stockKey(sku, location), 'a stock key is not stockKey(sku, location)');
    }
    return;
  }
  const keys = keysOf(changes);
  const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
  assert.ok(twice.length === 0, `a key stands for two records: ${list([...new Set(twice)])}`);
}

const valid: EntityTest = {
  id: 'valid',
  title: 'every record fits the model, no key stands for two, and all records arrive',
  async run(kit, entity) {
    const { all, rows } = await readFresh(kit, entity);
    for (const change of all.changes) requireValid(change, entity);
    requireKeys(all.changes, entity);
    if (kit.definition.supports.read[entity]?.mode === 'full') {
      assert.ok(!all.changes.some((change) => change.op === 'delete'), 'a full read reports deletions');
    }
    sameKeys(keysOf(all.changes), rows, 'the read delivers not what the fake holds');
    let progress = 0;
    for (const page of all.pages) {
      const next = page.progress ?? progress;
      assert.ok(next >= progress && next <= 1, `progress goes from ${progress} to ${next}`);
      progress = next;
    }
  },
};

const manifest: EntityTest = {
  id: 'manifest',
  title: 'a read from the beginning ends with one manifest that agrees with what was read',
  async run(kit, entity) {
    const { all } = await readFresh(kit, entity);
    assert.equal(all.manifests.length, 1, `${all.manifests.length} manifests`);
    assert.equal(all.afterManifest, 0, 'something comes after the manifest');
    const [{ asOf, completeness, expectedRows } = { asOf: '', completeness: '', expectedRows: undefined }] =
      all.manifests;
    assert.match(asOf, /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/, 'asOf is no ISO time with its zone');
    const time = Date.parse(asOf);
    assert.ok(!Number.isNaN(time), `asOf is no time: ${asOf}`);
    // Figures that claim to be newer than they are hide a movement that came between.
    assert.ok(time <= Date.now() + 1_000, `asOf lies in the future: ${asOf}`);
    assert.ok(completenesses.includes(completeness), `completeness is none of ${completenesses.join(', ')}`);
    if (expectedRows !== undefined) {
      assert.equal(
        expectedRows,
        all.changes.length,
        'expectedRows is not the number of records read, rejected ones included',
      );
    }
  },
};

function requireStorable(checkpoint: Checkpoint): void {
  const text = JSON.stringify(checkpoint);
  assert.deepEqual(JSON.parse(text), checkpoint, 'the checkpoint does not survive JSON');
  assert.ok(
    !text.includes('\\u0000') && !/\\ud[89a-f]/i.test(text),
    'the checkpoint holds characters that no database stores',
  );
}

const checkpointJson: EntityTest = {
  id: 'checkpoint-json',
  title: 'every checkpoint is plain JSON',
  async run(kit, entity) {
    const { all } = await readFresh(kit, entity);
    assert.ok(all.pages.length > 0, 'there was no page');
    for (const page of all.pages) requireStorable(page.checkpoint);
  },
};

const hostile: EntityTest = {
  id: 'hostile',
  title: 'leading zeros, Arabic, marks, quotes, long codes and exact decimals arrive as they are',
  async run({ definition, startFake }, entity) {
    await using fake = await startFake();
    const records = hostileRecords[entity];
    await need(fake.hostile, 'hostile', `hostile/${entity}`).call(fake, entity, records);
    await using session = await openSession(definition, fake);
    const { changes } = await read(session, entity);
    const values = changes.flatMap((change) =>
      change.op === 'upsert' ? [change.value as Record<string, unknown>] : [],
    );
    const lost = records.filter((record) => !values.some((value) => sameRecord(record, value)));
    const refused = changes.flatMap((change) => (change.op === 'reject' ? [change.reason] : []));
    assert.ok(
      lost.length === 0,
      `not delivered as they are: ${lost.map((record) => JSON.stringify(record)).join('\n')}\nrejected: ${list(refused)}`,
    );
    requireKeys(changes, entity);
  },
};

const badRow: EntityTest = {
  id: 'bad-row',
  title: 'a record that cannot be used is rejected with its place and a reason, and the rest arrives',
  async run({ definition, startFake }, entity) {
    await using fake = await startFake();
    const rows = fake.rows[entity] ?? [];
    await need(fake.bad, 'bad', `bad-row/${entity}`).call(fake, entity);
    await using session = await openSession(definition, fake);
    const { changes, manifests } = await read(session, entity);
    const rejects = changes.flatMap((change) => (change.op === 'reject' ? [change] : []));
    assert.ok(rejects.length > 0, 'nothing was rejected');
    for (const { key, file, line, reason } of rejects) {
      assert.ok(reason.trim().length > 0, 'a reject has no reason');
      assert.ok(
        key !== undefined || (file !== undefined && line !== undefined),
        `nobody can find what was rejected: ${reason}`,
      );
    }
    sameKeys(keysOf(changes), rows, 'beside the bad record');
    const expected = manifests[0]?.expectedRows;
    if (expected !== undefined) assert.equal(expected, changes.length, 'expectedRows leaves out the rejected');
  },
};

const interruptedFull: EntityTest = {
  id: 'interrupted-full',
  title: 'a read that breaks in the middle says so, and claims no manifest',
  async run({ definition, startFake }, entity) {
    await using fake = await startFake();
    await need(fake.breakOff, 'breakOff', `interrupted-full/${entity}`).call(fake, entity);
    await using session = await openSession(definition, fake);
    const error = await failureOf(async () => {
      for await (const item of itemsOf(session, entity)) {
        // A manifest would let the missing half count as goods that are gone.
        if ('manifest' in item) assert.fail('a broken read claims a manifest');
      }
    }, 'a broken read ended as if there were no more');
    assert.ok(isBridgeError(error), `the error is no BridgeError: ${describeError(error)}`);
  },
};

/** For readers that can look at a few SKUs. */
export const bySku: EntityTest = {
  id: 'by-sku',
  title: 'a look at a few SKUs gives what a read of everything has of them, and nothing that was booked earlier',
  async run({ definition, startFake }, entity) {
    await using fake = await startFake();
    await using session = await openSession(definition, fake);
    const all = await read(session, entity);
    const skuOf = (change: Change) => (change.op === 'upsert' ? (change.value as StockLevel).sku : '');
    const sku = skuOf(all.changes.find(({ op }) => op === 'upsert') ?? assert.fail('there is nothing to look at'));
    const look = async (bookedFrom: string) =>
      keysOf((await read(session, entity, { only: { skus: [sku], bookedFrom } })).changes);
    const wanted = keysOf(all.changes.filter((change) => skuOf(change) === sku));
    sameKeys(await look('1970-01-01T00:00:00Z'), wanted, `the look at ${sku}`);
    sameKeys(await look('2999-01-01T00:00:00Z'), [], `the look at what is booked of ${sku} in a thousand years`);
    assert.ok(wanted.length < keysOf(all.changes).length, 'the fake moves one SKU only: nothing could be left out');
  },
};

export const everyRead: readonly EntityTest[] = [valid, manifest, checkpointJson, hostile, badRow, interruptedFull];
