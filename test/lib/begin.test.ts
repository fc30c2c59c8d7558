import { expect, test } from 'vitest';
import { begin } from '../../src/lib/begin.ts';

/** Notes what happens to it. */
function source(fail = false) {
  const seen: string[] = [];
  async function* items() {
    try {
      seen.push('asked');
      if (fail) throw new Error('broken');
      yield 1;
      seen.push('asked again');
      yield 2;
    } finally {
      seen.push('ended');
    }
  }
  return { seen, items: items() };
}

test('the first item is asked for at once, and every item comes once, in order', async () => {
  const { seen, items } = source();
  await using begun = begin(items);
  expect(seen).toEqual(['asked']);
  expect(await Array.fromAsync(begun)).toEqual([1, 2]);
  expect(seen).toEqual(['asked', 'asked again', 'ended']);
});

test('a source that nobody iterates is ended, and one that is left early too', async () => {
  const unread = source();
  {
    await using _begun = begin(unread.items);
  }
  expect(unread.seen).toEqual(['asked', 'ended']);

  const left = source();
  await using begun = begin(left.items);
  for await (const item of begun) if (item === 1) break;
  expect(left.seen).toEqual(['asked', 'ended']);
});

test('a failure is thrown to whoever iterates, and is nobody else’s', async () => {
  const { items } = source(true);
  await using begun = begin(items);
  await expect(Array.fromAsync(begun)).rejects.toThrow('broken');
});
