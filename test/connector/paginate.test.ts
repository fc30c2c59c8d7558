import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Portion, paginate } from '../../src/connector/index.ts';

const size = 3;
type Mode = 'key' | 'place';

/** A list on a server that somebody edits between two portions. */
class Server {
  records: number[];
  readonly #edits: readonly ((records: number[]) => number[])[];
  #asked = 0;

  constructor(records: readonly number[], edits: readonly ((records: number[]) => number[])[] = []) {
    this.records = [...records];
    this.#edits = edits;
  }

  ask(mode: Mode, cursor: number, total: boolean): Portion<number, number> {
    const all = this.records;
    const items = mode === 'key' ? all.filter((id) => id > cursor).slice(0, size) : all.slice(cursor, cursor + size);
    const full = items.length === size;
    const answer = {
      items,
      ...(total ? { total: all.length } : {}),
      next: full ? (mode === 'key' ? items.at(-1) : cursor + size) : undefined,
    };
    this.records = this.#edits[this.#asked]?.(this.records) ?? this.records;
    this.#asked += 1;
    return answer;
  }
}

async function readAll(server: Server, cursor: Mode, total = true) {
  const paged = paginate<number, number>({
    first: 0,
    fetch: async (at) => server.ask(cursor, at, total),
    keyOf: String,
    cursor,
    signal: new AbortController().signal,
  });
  const items = (await Array.fromAsync(paged.portions)).flat();
  return { items, ...paged.end() };
}

const list = [1, 2, 3, 4, 5, 6, 7];

test('a total that stays and is reached proves a read by key; without a total, or by place, it is likely', async () => {
  expect(await readAll(new Server(list), 'key')).toEqual({
    items: list,
    completeness: 'proven',
    expectedRows: 7,
    doubt: undefined,
  });
  expect(await readAll(new Server(list), 'key', false)).toMatchObject({
    completeness: 'likely',
    expectedRows: undefined,
  });
  expect(await readAll(new Server(list), 'place')).toMatchObject({ completeness: 'likely' });
  expect(await readAll(new Server([]), 'key')).toMatchObject({ items: [], completeness: 'proven', expectedRows: 0 });
});

test('a total that changes on the way, or is not reached, proves nothing', async () => {
  const more = await readAll(new Server(list, [(records) => [...records, 8]]), 'key');
  expect(more).toMatchObject({ completeness: 'unproven', doubt: 'the total changed during the read: 7, 8' });
  // One goes and one comes: the total stays, and a read by place passes one over.
  const swapped = [(records: number[]) => [...records.slice(1), 8]];
  expect((await readAll(new Server(list, swapped), 'place')).items).not.toContain(4);
  expect(await readAll(new Server(list, swapped), 'place')).toMatchObject({ completeness: 'likely' });
  const shifted = await readAll(new Server(list, [(records) => [0.5, ...records.slice(0, -1)]]), 'place');
  expect(shifted).toMatchObject({
    completeness: 'unproven',
    doubt: '1 records came twice: the list moved while it was read',
  });
});

test('whatever is edited meanwhile: a proven read has every record that was there all the time', async () => {
  const edit = fc.oneof(
    fc.nat(40).map((id) => (records: number[]) => records.filter((one) => one !== id)),
    fc.nat(40).map((id) => (records: number[]) => [...new Set([...records, id])].sort((a, b) => a - b)),
  );
  const edits = fc.array(fc.array(edit, { maxLength: 2 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
      edits,
      fc.constantFrom<Mode>('key', 'place'),
      async (records, steps, mode) => {
        const start = records.toSorted((a, b) => a - b);
        const states = [start];
        const server = new Server(
          start,
          steps.map((step) => (before) => {
            const after = step.reduce((all, change) => change(all), before);
            states.push(after);
            return after;
          }),
        );
        const { items, completeness } = await readAll(server, mode);
        if (completeness !== 'proven') return;
        const always = start.filter((id) => states.every((state) => state.includes(id)));
        for (const id of always) expect(items).toContain(id);
      },
    ),
    { numRuns: 500 },
  );
});

test('a server that leads in a circle ends the read', async () => {
  const paged = paginate<number, number>({
    first: 1,
    fetch: async (at) => ({ items: [at], next: at === 3 ? 1 : at + 1 }),
    keyOf: String,
    cursor: 'key',
    signal: new AbortController().signal,
  });
  await expect(Array.fromAsync(paged.portions)).rejects.toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
  expect(() => paged.end()).toThrow();
});
