/** Whether an ERP location code fits a pattern, in which `*` matches any text, also none. Everything else is literal. */
export function matchesPattern(pattern: string, code: string): boolean {
  if (!pattern.includes('*')) return pattern === code;
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (code.length < first.length + last.length || !code.startsWith(first) || !code.endsWith(last)) return false;
  let from = first.length;
  const end = code.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = code.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/** Whether some code fits both patterns: then it would belong to two places. */
export function patternsOverlap(a: string, b: string): boolean {
  const seen = new Map<number, boolean>();
  const meet = (i: number, j: number): boolean => {
    const key = i * (b.length + 1) + j;
    const known = seen.get(key);
    if (known !== undefined) return known;
    seen.set(key, false);
    let result: boolean;
    if (i === a.length && j === b.length) result = true;
    else if (a[i] === '*') result = meet(i + 1, j) || (j < b.length && meet(i, j + 1));
    else if (b[j] === '*') result = meet(i, j + 1) || (i < a.length && meet(i + 1, j));
    else result = i < a.length && j < b.length && a[i] === b[j] && meet(i + 1, j + 1);
    seen.set(key, result);
    return result;
  };
  return meet(0, 0);
}
