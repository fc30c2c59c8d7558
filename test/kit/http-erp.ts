import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type EntityName, type StockDocument, stockKey } from '../../src/connector/index.ts';
import type { Fake, Trouble } from '../../src/kit/index.ts';
import { trouble, troublesBy } from '../support/trouble.ts';

type Row = Record<string, unknown>;

/** An ERP with a JSON API: OData pages of products, offsets of stock, receipts with their lines, tokens for client credentials. */
export async function startHttpErp(): Promise<Fake> {
  const secret = 'client-secret-9c41';
  let accepted = secret;
  let tokens = 0;
  let token = '';
  let broken = '';
  let troubled: Trouble | undefined;
  let asked: (() => void) | undefined;
  let answered = 0;
  let clock = 5;
  const at = (second: number) => new Date(Date.UTC(2026, 10, 20, 8, 0, second)).toISOString();
  const item = (id: string): Row => ({
    id,
    number: `SKU-${id}`,
    displayName: `Item ${id}`,
    unitPrice: '9.90',
    blocked: false,
  });
  const items = ['1', '2', '3'].map(item);
  const bins: Row[] = [
    { item: 'SKU-1', warehouse: 'MAIN', onHand: '12' },
    { item: 'SKU-2', warehouse: 'MAIN', onHand: '3' },
    { item: 'SKU-2', warehouse: 'MAIN', onHand: '4' },
    { item: 'SKU-2', warehouse: 'JED', onHand: '0' },
  ];
  const receipt = (id: string, second: number, more: Partial<StockDocument> = {}): Row => ({
    ...{ id, number: `GRN-${id}`, kind: 'purchase', date: '2026-11-20', place: 'MAIN', modified: at(second) },
    lines: [
      { sku: 'SKU-1', quantity: '2' },
      { sku: 'SKU-2', quantity: '1' },
    ],
    ...more,
  });
  const receipts = ['D1', 'D2', 'D3', 'D4', 'D5'].map((id, index) => receipt(id, index + 1));

  /** Written by hand: JSON.stringify knows no number with twenty digits, nor `0.10`. */
  const numbers = (text: string) => text.replaceAll(/"(unitPrice|onHand|quantity)":"(-?\d+(?:\.\d+)?)"/g, '"$1":$2');

  function send(response: ServerResponse, entity: string, body: unknown): void {
    const text = numbers(JSON.stringify(body));
    answered += 1;
    response.setHeader('content-type', 'application/json; charset=utf-8');
    if (broken === entity && answered > 1) {
      response.writeHead(200, { 'content-length': Buffer.byteLength(text) });
      response.write(text.slice(0, text.length / 2), () => response.destroy());
    } else response.end(text);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const { pathname, searchParams } = url;
    if (pathname === '/token') {
      const body = (await request.setEncoding('utf8').toArray()).join('');
      if (new URLSearchParams(body).get('client_secret') !== accepted) {
        response.writeHead(401).end('{}');
        return;
      }
      tokens += 1;
      token = `access-token-${tokens}-5d20`;
      response.end(JSON.stringify({ access_token: token, expires_in: 3600 }));
    } else if (troubled !== undefined) trouble(response, troubled);
    else if (asked !== undefined) asked();
    else if (request.headers.authorization !== `Bearer ${token}`) response.writeHead(401).end('{}');
    else if (pathname === '/api/items') {
      const skip = Number(searchParams.get('$skip') ?? 0);
      const next = skip + 2 < items.length ? { '@odata.nextLink': `${url.origin}/api/items?$skip=${skip + 2}` } : {};
      send(response, 'products', { value: items.slice(skip, skip + 2), ...next });
    } else if (pathname === '/api/stock') {
      const offset = Number(searchParams.get('offset'));
      const data = bins.slice(offset, offset + Number(searchParams.get('limit')));
      send(response, 'stock', { data, total: bins.length });
    } else if (pathname === '/api/receipts') {
      const since = searchParams.get('modified_after') ?? '';
      const found = receipts.filter((one) => String(one.modified) >= since);
      const page = Number(searchParams.get('page'));
      send(response, 'documents', found.slice((page - 1) * 2, page * 2));
    } else response.end('{}');
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () => {
    server.closeAllConnections();
    return new Promise<void>((closed) => server.close(() => closed()));
  };

  const keyOf = ({ item: sku, warehouse }: Row) => stockKey(String(sku), String(warehouse));
  const good = (row: Row) => row.bad !== true;
  return {
    options: {
      baseUrl: `${origin}/api`,
      auth: { type: 'oauth2', grantUrl: `${origin}/token`, clientId: 'bridge', clientSecret: secret },
      products: {
        path: '/items',
        items: 'value',
        paging: { type: 'next' },
        fields: { id: 'id', sku: 'number', name: 'displayName', price: 'unitPrice' },
      },
      stock: {
        path: '/stock',
        items: 'data',
        paging: { type: 'offset', size: 2, total: 'total' },
        fields: { sku: 'item', location: 'warehouse', quantity: 'onHand' },
      },
      documents: {
        path: '/receipts',
        pageSize: 2,
        query: { modified_after: '{since}' },
        paging: { type: 'page', size: 2 },
        since: { field: 'modified', beginning: '1970-01-01T00:00:00.000Z' },
        fields: { id: 'id', number: 'number', kind: 'kind', date: 'date', location: 'place' },
        lines: 'lines',
        lineFields: { sku: 'sku', quantity: 'quantity' },
      },
    },
    get secrets() {
      return token === '' ? [] : [token];
    },
    get rows() {
      return {
        products: items.filter(good).map((row) => String(row.id)),
        stock: bins.filter(good).map(keyOf),
        documents: receipts
          .filter(good)
          .map((row) =>
            row.id === undefined ? `/${row.kind}/${row.number}/${String(row.date).slice(0, 4)}` : String(row.id),
          ),
      };
    },
    async edit(entity: EntityName) {
      clock += 1;
      if (entity === 'products') {
        Object.assign(items[1] ?? {}, { displayName: `Changed ${clock}` });
        items.push(item(`N${clock}`));
        return ['2', `N${clock}`];
      }
      if (entity === 'stock') {
        bins.push({ item: `NEW-${clock}`, warehouse: 'MAIN', onHand: '1' });
        return [stockKey(`NEW-${clock}`, 'MAIN')];
      }
      Object.assign(receipts[1] ?? {}, {
        modified: at(clock),
        note: `edited ${clock}`,
        place: clock % 2 === 0 ? 'JED' : 'MAIN',
      });
      receipts.push(receipt(`N${clock}`, clock));
      return ['D2', `N${clock}`];
    },
    async remove(entity: EntityName) {
      if (entity === 'products') return items.splice(0, 1).map((row) => String(row.id));
      return bins.splice(0, 1).map(keyOf);
    },
    async ties() {
      receipts.unshift(receipt('D0A', clock), receipt('D0B', clock));
      return ['D0A', 'D0B'];
    },
    async fail(failure) {
      if (failure === 'auth') accepted = 'another';
      else await stop();
    },
    troubles: {
      ...troublesBy((one) => {
        troubled = one;
      }),
      silent: () =>
        new Promise((resolve) => {
          asked = resolve;
        }),
    },
    async breakOff(entity) {
      broken = entity;
    },
    async hostile(entity, records) {
      for (const [index, record] of (records as Row[]).entries()) {
        if (entity === 'products') {
          const { sku, name, price } = record;
          items.push({ id: `H${index}`, number: sku, displayName: name, unitPrice: price });
        } else if (entity === 'stock')
          bins.push({ item: record.sku, warehouse: record.location, onHand: record.quantity });
        else receipts.push({ ...receipt('x', clock), id: undefined, ...record, place: record.location });
      }
    },
    async bad(entity) {
      if (entity === 'products') items.push({ ...item('BAD'), unitPrice: 'free', bad: true });
      else if (entity === 'stock') bins.push({ item: 'BAD', warehouse: 'MAIN', onHand: 'many', bad: true });
      else receipts.push({ ...receipt('BAD', clock), lines: [{ sku: 'A', quantity: 'many' }], bad: true });
    },
    [Symbol.asyncDispose]: stop,
  };
}
