import { expect, test } from 'vitest';
import { sideBySide } from '../../src/lib/side-by-side.ts';

/** Work that ends when it is told to. */
function tasks(count: number) {
  const items = Array.from({ length: count }, (_, index) => ({ index, done: Promise.withResolvers<string>() }));
  const begun: number[] = [];
  return {
    items,
    begun,
    work: (item: (typeof items)[number]) => {
      begun.push(item.index);
      return item.done.promise;
    },
    end: (index: number) => items[index]?.done.resolve(`value ${index}`),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('no more than so many at the same time, begun in order, and results in the order of the items', async () => {
  const { items, begun, work, end } = tasks(5);
  const all = sideBySide(items, 2, work);
  await settled();
  expect(begun).toEqual([0, 1]);
  end(1);
  await settled();
  expect(begun).toEqual([0, 1, 2]);
  for (const index of [4, 3, 2, 0]) end(index);
  expect(await all).toEqual(['value 0', 'value 1', 'value 2', 'value 3', 'value 4']);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

test('all at once where there are fewer than that, or no limit, or nothing', async () => {
  for (const most of [9, Number.POSITIVE_INFINITY]) {
    const { items, begun, work, end } = tasks(3);
    const all = sideBySide(items, most, work);
    expect(begun).toEqual([0, 1, 2]);
    for (const { index } of items) end(index);
    expect(await all).toHaveLength(3);
  }
  expect(await sideBySide([], 4, async () => 1)).toEqual([]);
});

test('a failure is told', async () => {
  const { items, work } = tasks(3);
  const all = sideBySide(items, 2, work);
  items[1]?.done.reject(new Error('no'));
  await expect(all).rejects.toThrow('no');
});
