/** Each open-ended repetition may multiply the time by the length of the text, each choice doubles it. */
const mostRepetitions = 2;
const mostChoices = 8;
const longestPattern = 100;

/**
 * Why a pattern is refused: patterns with repeated groups, back references or many open-ended repetitions can take hours on one
 * hostile value. What is left covers codes: `^RUH-[0-9]{3}`, `(BOX|CTN)$`, `^[A-Z]+-.*`.
 */
export function patternProblem(pattern: string): string | undefined {
  if (pattern.length > longestPattern) return `a pattern has ${longestPattern} characters at most`;
  try {
    new RegExp(pattern);
  } catch {
    return `"${pattern}" is no pattern`;
  }
  // Escaped characters and classes stand for one character, so what is in them repeats nothing.
  const bare = pattern
    .replace(/\\[1-9k]/g, '\u0000')
    .replace(/\\./gs, 'x')
    .replace(/\[[^\]]*\]/g, 'x');
  if (bare.includes('\u0000')) return 'a pattern may not refer back to its groups';
  if (/\)[*+{]/.test(bare)) return 'a pattern may not repeat a group';
  const open = bare.match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0;
  const choices = bare.match(/[?|]/g)?.length ?? 0;
  if (choices > mostChoices) return `a pattern may hold ${mostChoices} of ? and | at most`;
  return open > mostRepetitions ? `a pattern may hold ${mostRepetitions} of * + {n,m} at most` : undefined;
}
