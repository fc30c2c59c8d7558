import { describe, expect, test } from 'vitest';
import type { SwitchName, SwitchValues } from '../../src/simulator/index.ts';
import { type Client, start } from './client.ts';

const tried = new Map<string, Set<unknown>>();

/** One test for each side of a switch: what `look` sees under each value. */
export function sides<Name extends SwitchName>(
  name: Name,
  expected: readonly (readonly [value: SwitchValues[Name], seen: unknown])[],
  look: (client: Client & { readonly clock: { ahead: number } }) => Promise<unknown>,
): void {
  tried.set(name, new Set(expected.map(([value]) => value)));
  describe(name, () => {
    test.each(expected)('%s', async (value, seen) => {
      const clock = { ahead: 0 };
      const now = () => performance.timeOrigin + performance.now() + clock.ahead;
      await using client = await start({ switches: { [name]: value }, now });
      expect(await look({ ...client, clock })).toEqual(seen);
    });
  });
}

interface Table {
  readonly [name: string]: { readonly schema: { readonly type: string }; readonly behaviours: object };
}

/** For the end of a file: that each value of these switches was tried. */
export function expectTried(table: Table): void {
  for (const [name, { schema, behaviours }] of Object.entries(table)) {
    const values = Object.keys(behaviours).map((value) => (schema.type === 'boolean' ? value === 'true' : value));
    const seen = [...(tried.get(name) ?? [])];
    if (values.some((value) => String(value).startsWith('<'))) {
      expect(seen.length, `two values of ${name} are tried`).toBeGreaterThan(1);
    } else expect(seen.sort(), `both sides of ${name} are tried`).toEqual(values.sort());
  }
}

export const code = (answer: { status: number; body: { otoErrorCode?: string } }) => [
  answer.status,
  answer.body?.otoErrorCode,
];
