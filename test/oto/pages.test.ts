import { describe, expect, test } from 'vitest';
import { readPages } from '../../src/oto/index.ts';
import { type Handler, json, openOto } from './server.ts';

describe('a list that comes page by page', () => {
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
  const city = (at: number) => ({ name: `City ${at}` });
  const namesOf = async (pages: AsyncIterable<{ getCities: { Cities: { name?: string | undefined }[] } }>) => {
    const found: (string | undefined)[] = [];
    for await (const { getCities } of pages) found.push(...getCities.Cities.map(({ name }) => name));
    return found;
  };
  /** All cities, however OTO limits a page. */
  const cities =
    (count: number, most: number): Handler =>
    ({ body }, response) => {
      const { page, perPage } = body as { page: number; perPage: number };
      const size = Math.min(perPage, most);
      const Cities = range((page - 1) * size, Math.min(page * size, count)).map(city);
      json(response, 200, { getCities: { totalCount: Cities.length, perPage: size, Cities } });
    };

  test.each([
    [0, 1],
    [1, 1],
    [499, 1],
    [500, 2],
    [1_203, 3],
  ])('is read whole: %i rows in %i calls', async (count, calls) => {
    await using oto = await openOto(cities(count, 500));
    const { client, asked } = oto;
    expect(await namesOf(readPages(client, 'getCities', { country: 'SA' }))).toEqual(
      range(0, count).map((at) => city(at).name),
    );
    expect(asked().map(({ body }) => body)).toEqual(
      range(1, calls + 1).map((page) => ({ country: 'SA', perPage: 500, page })),
    );
  });

  test('is read in pages of the size asked for, and no further than it is asked for', async () => {
    await using oto = await openOto(cities(1_000, 500));
    const { client, asked } = oto;
    for await (const { getCities } of readPages(client, 'getCities', { country: 'SA' }, { rows: 7 })) {
      expect(getCities.Cities).toHaveLength(7);
      if (asked().length === 3) break;
    }
    expect(asked()).toHaveLength(3);
  });

  test('ends where OTO says so, also after a short page', async () => {
    const pages = [['1', '2'], ['3'], ['4', '5']];
    await using oto = await openOto(({ query }, response) => {
      const page = Number(query.get('page'));
      const orders = (pages[page - 1] ?? []).map((orderId) => ({ orderId }));
      json(response, 200, { success: true, currentPage: page, totalPage: 3, totalCount: '5', orders });
    });
    const { client, asked } = oto;
    const found: (string | undefined)[] = [];
    for await (const { orders } of readPages(client, 'orders', { status: 'new' }, { rows: 2 }))
      found.push(...orders.map(({ orderId }) => orderId));
    expect(found).toEqual(['1', '2', '3', '4', '5']);
    expect(asked().map(({ query }) => String(query))).toEqual([
      'perPage=2&page=1&status=new',
      'perPage=2&page=2&status=new',
      'perPage=2&page=3&status=new',
    ]);
  });

  test('ends where OTO refuses the page after a full one, but not where it refuses the first', async () => {
    let first = 100;
    await using oto = await openOto(({ body }, response) => {
      const { currentPage } = body as { currentPage: number };
      if (currentPage > 1 || first === 0) return json(response, 400, { success: false, otoErrorCode: 'OTO1142' });
      json(response, 200, { success: true, products: range(0, first).map((at) => ({ sku: `S${at}` })) });
    });
    const { client } = oto;
    const read = async () => {
      let rows = 0;
      for await (const { products } of readPages(client, 'productList', {})) rows += products.length;
      return rows;
    };
    expect(await read()).toBe(100);
    first = 0;
    await expect(read()).rejects.toMatchObject({ code: 'OTO_REFUSED' });
  });

  test('that pays no heed to the page is an error, not an endless list', async () => {
    await using oto = await openOto((_received, response) =>
      json(response, 200, { success: true, orders: range(0, 100).map((at) => ({ city: `City ${at}` })) }),
    );
    const { client, asked } = oto;
    const read = async () => {
      for await (const _ of readPages(client, 'availableCities', {}));
    };
    await expect(read()).rejects.toMatchObject({ code: 'OTO_BAD_ANSWER' });
    expect(asked()).toHaveLength(2);
  });
});
