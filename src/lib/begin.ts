/**
 * Asks for the first item at once: whoever iterates may do something else while it is being prepared. Ends the source when it is
 * disposed of, also where nobody ever came to iterate.
 */
export function begin<Item>(source: AsyncIterable<Item>): AsyncIterable<Item> & AsyncDisposable {
  const iterator = source[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<Item>> | undefined = iterator.next();
  // A failure is met by whoever asks for it; until then it must not count as unhandled.
  first.catch(() => undefined);
  const end = async (): Promise<IteratorResult<Item>> =>
    (await iterator.return?.()) ?? { done: true, value: undefined };
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        const next = first ?? iterator.next();
        first = undefined;
        return next;
      },
      return: end,
    }),
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}
