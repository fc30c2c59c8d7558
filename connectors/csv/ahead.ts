/**
 * Prepares the next item while the consumer is busy with the last one: the next page is split while this one is stored.
 * At most one item is held. Code inside `items` therefore runs before its last item is committed.
 */
export async function* ahead<Item>(items: AsyncGenerator<Item, void>, signal: AbortSignal): AsyncGenerator<Item, void> {
  let next = items.next();
  try {
    for (;;) {
      const item = await next;
      // What was prepared before the abort must not be handed out after it.
      signal.throwIfAborted();
      if (item.done === true) return;
      next = items.next();
      // The failure is met at the next await; until then it must not count as unhandled.
      next.catch(() => {});
      yield item.value;
    }
  } finally {
    await next.catch(() => {});
    await items.return();
  }
}
