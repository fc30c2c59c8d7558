/** Does `work` for each item: begun in their order, at most `most` at the same time. What came of them is in their order too. */
export async function sideBySide<Item, Value>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<Value>,
): Promise<Value[]> {
  const values = new Array<Value>(items.length);
  const left = items.entries();
  const workThrough = async (): Promise<void> => {
    for (const [index, item] of left) values[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, workThrough));
  return values;
}
