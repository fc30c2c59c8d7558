import { createServer } from 'node:http';

export async function startFake() {
  const token = 'shop-token-7f3a91';
  let accepted = token;
  let broken = '';
  let trouble = 0;
  const answerAll = (status) => () => {
    trouble = status;
  };
  let onSilent;
  let clock = 3;
  const at = (second) => new Date(Date.UTC(2026, 10, 20, 8, 0, second)).toISOString();
  const item = (id, second) => ({ id, sku: `SKU-${id}`, name: `Item ${id}`, price: '9.90', changed: at(second) });
  let items = ['1', '2', '3'].map((id) => item(id, Number(id)));
  const lines = ['1', '2', '3'].map((id) => ({ sku: `SKU-${id}`, location: 'MAIN', quantity: id }));
  const put = (row) => {
    items = [...items.filter((one) => one.id !== row.id), row];
    return String(row.id);
  };
  const stockKeyOf = ({ sku, location }) => `${sku}\t${location}`;

  let answered = 0;
  function answer(response, entity, body) {
    const text = JSON.stringify(body);
    answered += 1;
    // Of several pages the second is cut, of one answer its second half.
    if (broken === entity && (entity === 'stock' || answered > 1)) {
      response.writeHead(200, { 'content-length': Buffer.byteLength(text) });
      response.write(text.slice(0, text.length / 2), () => response.destroy());
    } else response.end(text);
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    if (onSilent !== undefined) onSilent();
    else if (trouble !== 0) {
      response.writeHead(trouble).end('<html><h1>Maintenance</h1></html>');
    } else if (request.headers.authorization !== `Bearer ${accepted}`) {
      response.writeHead(401).end();
    } else if (pathname === '/items') {
      const from = searchParams.get('from') ?? '';
      const order = (row) => `${row.changed} ${row.id}`;
      const found = items.filter((row) => String(row.changed) >= from).sort((a, b) => (order(a) < order(b) ? -1 : 1));
      answer(response, 'products', found.slice(0, Number(searchParams.get('limit'))));
    } else if (pathname === '/stock') {
      answer(response, 'stock', { asOf: new Date().toISOString(), total: lines.length, lines });
    } else response.end('{}');
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(() => closed()));
  };

  return {
    options: { url: `http://127.0.0.1:${server.address().port}`, token, pageSize: 2 },
    get rows() {
      const products = items.filter((row) => row.deleted !== true && row.price !== 'free').map((row) => String(row.id));
      return { products, stock: lines.filter((row) => row.quantity !== 'many').map(stockKeyOf) };
    },
    async edit() {
      clock += 1;
      return [put(item('2', clock)), put(item('4', clock))];
    },
    async remove(entity) {
      if (entity === 'stock') return lines.splice(0, 1).map(stockKeyOf);
      clock += 1;
      return [put({ ...item('1', clock), deleted: true })];
    },
    async ties() {
      return ['0', '5', '6'].map((id) => put(item(id, clock)));
    },
    async fail(failure) {
      if (failure === 'auth') accepted = 'another-token';
      else await stop();
    },
    // What every request is answered from now on; `garbled` is the page of a proxy, in place of data.
    troubles: {
      denied: answerAll(403),
      busy: answerAll(429),
      failing: answerAll(500),
      garbled: answerAll(200),
      // Nothing is answered.
      silent: () =>
        new Promise((asked) => {
          onSilent = asked;
        }),
    },
    async breakOff(entity) {
      broken = entity;
    },
    async hostile(entity, records) {
      if (entity === 'stock') lines.push(...records);
      else for (const [index, record] of records.entries()) put({ ...item(`H${index}`, 4 + index), ...record });
    },
    async bad(entity) {
      if (entity === 'stock') lines.push({ sku: 'SKU-9', location: 'MAIN', quantity: 'many' });
      else put({ ...item('9', clock), price: 'free' });
    },
    [Symbol.asyncDispose]: stop,
  };
}

// By itself, for a configuration to be tried with: `node test/fake.js`.
if (import.meta.main) console.log((await startFake()).options);
