import { describe, expect, test } from 'vitest';
import { otoCodes, repeatHelps } from '../../src/oto/codes.ts';

describe('the error codes', () => {
  test('are all that OTO publishes, each with its meaning', () => {
    const unpublished = [1003, 1005, 1115, 1182, 1188];
    const numbers = Object.keys(otoCodes).map((code) => Number(code.slice(3)));
    const between = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, at) => from + at).filter((code) => !unpublished.includes(code));
    expect(numbers.filter((code) => code >= 1079 && code <= 1197)).toEqual(between(1079, 1197));
    expect(numbers.filter((code) => code > 1197)).toEqual(between(1208, 1213));
    for (const code of [1001, 1002, 1004, 1006, 1009, 1010, 1011, 1015, 1016, 1021, 1022, 1029, 1030, 1049])
      expect(numbers).toContain(code);
    expect(new Set(Object.values(otoCodes).map(({ meaning }) => meaning)).size).toBe(numbers.length);
  });

  test('say whether a repeat can help', () => {
    const answers = Map.groupBy(Object.keys(otoCodes), repeatHelps);
    expect(answers.get('later')).toEqual(['OTO1105', 'OTO1114', 'OTO1116', 'OTO1143', 'OTO1211']);
    expect(answers.get('after-looking')).toEqual(['OTO1009', 'OTO1015', 'OTO1081']);
    expect(repeatHelps('OTO1126')).toBe('no');
    expect(repeatHelps('constructor')).toBe('no');
  });
});
