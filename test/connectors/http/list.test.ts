import { expect, test } from 'vitest';
import { httpOptions } from '../../../connectors/http/index.ts';
import { type Answer, open, read, serve } from './harness.ts';

const fields = { sku: 's', location: 'l', quantity: 'q' };
const row = (n: number) => ({ s: `S${n}`, l: 'MAIN', q: n });
const stock = (more: object) => ({ path: '/stock', items: 'rows', fields, ...more });

async function readStock(answer: Answer, more: object) {
  const origin = await serve(answer);
  return read(await open({ baseUrl: `${origin}/api`, stock: stock(more) }), 'stock');
}

const skus = ({ values }: Awaited<ReturnType<typeof read>>) =>
  values.map((value) => ('sku' in value ? value.sku : value));

test('by the Link header, by cursor, and all in one answer', async () => {
  const link: Answer = ({ query, origin }) => {
    const page = Number(query.get('p') ?? 1);
    const next =
      page < 3 ? { link: `<${origin}/api/stock?p=${page + 1}>; rel="next", <${origin}/api/stock>; rel="first"` } : {};
    return { headers: next, body: JSON.stringify({ rows: [row(page)] }) };
  };
  expect(skus(await readStock(link, { paging: { type: 'link' } }))).toEqual(['S1', 'S2', 'S3']);
  const cursor: Answer = ({ query }) => {
    const at = query.get('after') ?? '';
    const next = { '': 'one', one: 'two', two: null }[at];
    return { body: JSON.stringify({ rows: [row(at.length)], meta: { next } }) };
  };
  const paging = { type: 'cursor', parameter: 'after', next: 'meta.next' };
  expect(skus(await readStock(cursor, { paging }))).toEqual(['S0', 'S3', 'S3']);
  const whole = await readStock(() => ({ body: JSON.stringify({ rows: [row(1), row(2)], count: 2 }) }), {
    paging: { type: 'none', total: 'count' },
  });
  expect(whole.manifest).toMatchObject({ completeness: 'proven', expectedRows: 2 });
  const cut = await readStock(() => ({ body: JSON.stringify({ rows: [row(1), row(2)], count: 3 }) }), {
    paging: { type: 'none', total: 'count' },
  });
  expect(cut.manifest).toMatchObject({
    completeness: 'unproven',
    warnings: [expect.stringContaining('states 3 records and gave 2')],
  });
});

test('numbers keep all digits, and a text in quotes stands for itself', async () => {
  const body = '{"rows":[{"s":"007","q":12345678901234567890.10},{"s":"A","q":1e3}]}';
  const { values } = await readStock(() => ({ body }), { fields: { ...fields, location: "'MAIN'" } });
  expect(values).toMatchObject([
    { sku: '007', location: 'MAIN', quantity: '12345678901234567890.10' },
    { op: 'reject', column: 'q', value: '1e3' },
  ]);
});

test.each<[string, Answer, object, string, RegExp]>([
  [
    'a next page elsewhere, which would get the credentials',
    () => ({ body: JSON.stringify({ rows: [row(1)], next: 'https://elsewhere.example.com/api/stock?p=2' }) }),
    { paging: { type: 'next', next: 'next' } },
    'CONNECTOR_BAD_SOURCE',
    /another address: https:\/\/elsewhere/,
  ],
  [
    'pages that lead in a circle',
    ({ origin }) => ({ body: JSON.stringify({ rows: [row(1)], next: `${origin}/api/stock?p=2` }) }),
    { paging: { type: 'next', next: 'next' } },
    'CONNECTOR_BAD_SOURCE',
    /never end/,
  ],
  [
    'no list where it was said to be',
    () => ({ body: '{"data":[],"total":0}' }),
    {},
    'CONNECTOR_BAD_SOURCE',
    /no list at `rows`/,
  ],
  [
    'a page for people',
    () => ({ headers: { 'content-type': 'text/html' }, body: '<html>' }),
    {},
    'CONNECTOR_BAD_SOURCE',
    /no JSON \(text\/html\)/,
  ],
  ['a wrong address', () => ({ status: 404, body: 'nothing here' }), {}, 'CONNECTOR_OPTIONS', /404: nothing here/],
  ['a right that is missing', () => ({ status: 403, body: '' }), {}, 'CONNECTOR_AUTH', /403/],
  ['a server that is ill', () => ({ status: 503, body: '' }), {}, 'CONNECTOR_UNREACHABLE', /503/],
])('a read fails as a whole, and says why: %s', async (_, answer, more, code, message) => {
  await expect(readStock(answer, more)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/\w/),
  });
});

test('a busy server is asked again when it says; a session that is refused twice is the end', async () => {
  let asked = 0;
  const busy: Answer = () => {
    asked += 1;
    return asked === 1
      ? { status: 429, headers: { 'retry-after': '0' }, body: '' }
      : { body: JSON.stringify({ rows: [row(1)] }) };
  };
  expect(skus(await readStock(busy, {}))).toEqual(['S1']);
  let logins = 0;
  const origin = await serve(({ path }) => {
    if (path !== '/login') return { status: 401, body: '' };
    logins += 1;
    return { headers: { 'set-cookie': 'S=1' }, body: '{}' };
  });
  const auth = { type: 'session', loginPath: '/login', user: 'u', password: 'p' };
  const connector = await open({ baseUrl: origin, auth, stock: stock({}) });
  await expect(read(connector, 'stock')).rejects.toMatchObject({ code: 'CONNECTOR_AUTH' });
  expect(logins).toBe(2);
});

test('an expression that is none is refused with the configuration', () => {
  const parsed = httpOptions.safeParse({ baseUrl: 'https://erp.example.com', stock: stock({ items: 'value[' }) });
  expect(parsed.error?.issues[0]).toMatchObject({
    path: ['stock', 'items'],
    message: expect.stringContaining('JMESPath'),
  });
});
