/**
 * What the parts of an answer that has no `success` of its own say together. `undefined` where they disagree, where none says it, or
 * where a part holds something else: then only a look at OTO tells what was taken.
 */
export function verdictOf(parts: readonly unknown[]): boolean | undefined {
  const said: boolean[] = [];
  for (const part of parts) {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return undefined;
    // updateOrderStatus answers `[{}, {success: true, …}]`: the empty part is for the orders that it did not take.
    if (Object.keys(part).length === 0) continue;
    const success: unknown = Object.hasOwn(part, 'success') ? (part as { success: unknown }).success : undefined;
    if (typeof success !== 'boolean') return undefined;
    said.push(success);
  }
  const [first] = said;
  return said.every((one) => one === first) ? first : undefined;
}
