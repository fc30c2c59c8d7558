import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Connector } from '../../../src/connector/index.ts';
import { open, read, serve } from './harness.ts';

let readme: string;
beforeAll(async () => {
  readme = await readFile(new URL('../../../connectors/http/README.md', import.meta.url), 'utf8');
});

/** The configuration that the page shows for an ERP, with its secrets filled in and its address moved to `origin`. */
async function connect(title: string, origin: string): Promise<Connector> {
  const block = new RegExp(`^## ${title}.*?\`\`\`yaml\n(.*?)\`\`\``, 'ms').exec(readme)?.[1] ?? '';
  const filled = block
    .replaceAll(/\$\{(\w+)\}/g, 'secret-of-$1')
    .replaceAll(/https:\/\/(login\.microsoftonline\.com|[\w.]+)(:\d+)?(?=\/|$)/gm, origin);
  return open(parse(filled.replace(/^baseUrl: .*com$/m, `baseUrl: ${origin}`)));
}

test('Business Central: tokens, pages by address, receipts with their lines', async () => {
  const company = '/v2.0/TENANT/production/api/v2.0/companies(COMPANY-ID)';
  const item = (number: string, more: object = {}) => ({
    ...{ '@odata.etag': 'W/"x"', id: `id-${number}`, number, displayName: `Item ${number}`, type: 'Inventory' },
    ...{ itemCategoryCode: 'TABLE', blocked: false, gtin: '', inventory: 12.5, unitPrice: 4000.75, ...more },
  });
  const asked: string[] = [];
  const origin = await serve(({ path, query, headers, body, origin: here }) => {
    if (path === '/TENANT/oauth2/v2.0/token') {
      expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({ grant_type: 'client_credentials' });
      return { body: '{"token_type":"Bearer","expires_in":3599,"access_token":"token-1"}' };
    }
    expect(headers.authorization).toBe('Bearer token-1');
    asked.push(decodeURIComponent(query.toString()).replaceAll('+', ' '));
    if (path === `${company}/items` && query.get('$skiptoken') === null)
      return {
        body: JSON.stringify({
          '@odata.context': 'x',
          value: [item('1896-S'), item('1900-S', { blocked: true })],
          '@odata.nextLink': `${here}${company}/items?$skiptoken='1900-S'`,
        }),
      };
    if (path === `${company}/items`) return { body: JSON.stringify({ value: [item('SP-1', { type: 'Service' })] }) };
    const line = { lineType: 'Item', lineObjectNumber: '1896-S', quantity: 4, unitOfMeasureCode: 'PCS' };
    const receipt = {
      ...{ id: 'r-1', number: '107001', postingDate: '2026-11-20', vendorName: 'Fabrikam' },
      ...{ lastModifiedDateTime: '2026-11-20T09:11:12.34Z' },
      purchaseReceiptLines: [line, { lineType: 'Comment', lineObjectNumber: '', quantity: 0 }],
    };
    return { body: JSON.stringify({ value: [receipt] }) };
  });
  const connector = await connect('Business Central', origin);
  expect((await read(connector, 'products')).values).toMatchObject([
    { id: 'id-1896-S', sku: '1896-S', price: '4000.75', type: 'storable', active: true, category: 'TABLE' },
    { sku: '1900-S', active: false },
    { sku: 'SP-1', type: 'service' },
  ]);
  expect((await read(connector, 'stock')).values[0]).toMatchObject({
    sku: '1896-S',
    location: 'MAIN',
    quantity: '12.5',
  });
  const documents = await read(connector, 'documents');
  expect(documents.values).toMatchObject([
    {
      id: 'r-1',
      number: '107001',
      kind: 'purchase',
      date: '2026-11-20',
      lines: [{ sku: '1896-S', quantity: '4', unit: 'PCS' }],
    },
  ]);
  expect((await read(connector, 'documents', documents.checkpoint)).values).toEqual([]);
  expect(asked.at(-1)).toContain('lastModifiedDateTime ge 2026-11-20T09:01:12.340Z');
});

test('SAP Business One: a login for a session, again once it has ended, and figures by warehouse', async () => {
  let logins = 0;
  const origin = await serve(({ path, query, headers, body }) => {
    if (path === '/b1s/v1/Login') {
      logins += 1;
      expect(JSON.parse(body)).toEqual({
        ...{ CompanyDB: 'SBO_PROD', UserName: 'secret-of-SAP_USER', Password: 'secret-of-SAP_PASSWORD' },
      });
      const cookies = [`B1SESSION=s-${logins}; path=/b1s; HttpOnly`, 'ROUTEID=.node1; path=/'];
      return { headers: { 'set-cookie': cookies }, body: `{"SessionId":"s-${logins}","SessionTimeout":30}` };
    }
    // The first session ends after two answers.
    if (headers.cookie !== `B1SESSION=s-${logins}; ROUTEID=.node1` || (logins === 1 && query.get('$skip') !== null))
      return {
        status: 401,
        body: '{"error":{"code":301,"message":{"value":"Invalid session or session already timeout."}}}',
      };
    if (path === '/b1s/v1/PurchaseDeliveryNotes') {
      const line = { ItemCode: 'A00001', Quantity: 10.0, WarehouseCode: '01', MeasureUnit: 'Each' };
      const note = {
        DocEntry: 7,
        DocNum: 1007,
        DocDate: '2026-11-20',
        UpdateDate: '2026-11-20',
        CardName: 'Acme',
        DocumentLines: [line],
      };
      return { body: JSON.stringify({ value: [note] }) };
    }
    const code = query.get('$skip') === null ? 'A00001' : 'A00002';
    const prices = [
      { PriceList: 2, Price: 1 },
      { PriceList: 1, Price: 600.5 },
    ];
    const warehouses = [
      { WarehouseCode: '01', InStock: 5.0 },
      { WarehouseCode: '02', InStock: 0.0 },
    ];
    const value = [
      {
        ...{ ItemCode: code, ItemName: 'Printer', BarCode: null, Valid: 'tYES', InventoryItem: 'tYES' },
        ...{ ItemPrices: prices, ItemWarehouseInfoCollection: warehouses },
      },
    ];
    return { body: JSON.stringify({ value, ...(code === 'A00001' ? { 'odata.nextLink': 'Items?$skip=1' } : {}) }) };
  });
  const connector = await connect('SAP Business One', origin);
  expect((await read(connector, 'products')).values).toMatchObject([
    { sku: 'A00001', price: '600.5', active: true, type: 'storable' },
    { sku: 'A00002' },
  ]);
  expect(logins).toBe(2);
  expect((await read(connector, 'stock')).values).toMatchObject([
    { sku: 'A00001', location: '01', quantity: '5' },
    { sku: 'A00001', location: '02', quantity: '0' },
    { sku: 'A00002', location: '01' },
    { sku: 'A00002', location: '02' },
  ]);
  const documents = await read(connector, 'documents');
  expect(documents.values).toMatchObject([
    { id: '7', number: '1007', location: '01', lines: [{ sku: 'A00001', quantity: '10' }] },
  ]);
  expect((await read(connector, 'documents', documents.checkpoint)).values).toEqual([]);
});

test('ERPNext: offsets, one record for each line of a receipt, stamps without a zone', async () => {
  const filters: string[] = [];
  const origin = await serve(({ path, query, headers }) => {
    expect(headers.authorization).toBe('token secret-of-ERPNEXT_KEY:secret-of-ERPNEXT_SECRET');
    const line = (name: string, code: string, quantity: string) =>
      `{"name":"MAT-PRE-2026-00001","modified":"2026-11-21 01:03:08.326599","posting_date":"2026-11-21","set_warehouse":"Stores - BTC","supplier_name":"S","line":"${name}","item_code":"${code}","stock_qty":${quantity}}`;
    const lists: Record<string, string[]> = {
      '/api/resource/Item': [
        '{"name":"MUG-BLU","item_name":"Blue Mug","standard_rate":9.9,"item_group":"Mugs","disabled":0,"is_stock_item":1}',
        '{"name":"GIFT","item_name":"Wrapping","standard_rate":0.0,"item_group":"Mugs","disabled":1,"is_stock_item":0}',
      ],
      '/api/resource/Bin': ['{"name":"b1","item_code":"MUG-BLU","warehouse":"Stores - BTC","actual_qty":20.0}'],
      '/api/resource/Purchase Receipt': [line('l1', 'MUG-BLU', '12.0'), line('l2', 'MUG-RED', '3.0')],
    };
    if (path.endsWith('Receipt')) filters.push(query.get('filters') ?? '');
    const all = lists[path] ?? [];
    // The server cuts pages to one record.
    return {
      body: `{"data":[${all
        .slice(Number(query.get('limit_start')))
        .slice(0, 1)
        .join(',')}]}`,
    };
  });
  const connector = await connect('ERPNext', origin);
  const products = await read(connector, 'products');
  expect(products.values).toMatchObject([
    { sku: 'MUG-BLU', price: '9.9', active: true, type: 'storable' },
    { sku: 'GIFT', price: '0.0', active: false, type: 'service' },
  ]);
  expect(products.manifest?.completeness).toBe('likely');
  expect((await read(connector, 'stock')).values).toMatchObject([{ location: 'Stores - BTC', quantity: '20.0' }]);
  const documents = await read(connector, 'documents');
  expect(documents.values).toMatchObject([
    {
      id: 'MAT-PRE-2026-00001',
      location: 'Stores - BTC',
      lines: [{ sku: 'MUG-BLU', quantity: '12.0' }, { sku: 'MUG-RED' }],
    },
  ]);
  await read(connector, 'documents', documents.checkpoint);
  expect(JSON.parse(filters.at(-1) ?? '')).toContainEqual(['modified', '>=', '2026-11-20 23:03:08.326']);
});

test('Dolibarr: pages from zero, figures by one request for each product', async () => {
  const origin = await serve(({ path, query, headers }) => {
    expect(headers.dolapikey).toBe('secret-of-DOLIBARR_KEY');
    const of = /\/products\/(\d+)\/stock$/.exec(path)?.[1];
    if (of === '1')
      return {
        body: '{"stock_reel":10,"stock_theorique":10,"stock_warehouses":{"1":{"real":"10","id":"1"},"3":{"real":"-2","id":"3"}}}',
      };
    if (of !== undefined) return { body: '{"stock_reel":0,"stock_theorique":0,"stock_warehouses":{}}' };
    const list = [
      '{"id":"1","ref":"MUG-BLU","label":"Blue Mug","barcode":"4006381333931","price":"9.90000000","tms":null}',
      '{"id":"2","ref":"MUG-RED","label":"Red Mug","barcode":"","price":"9.90000000","tms":null}',
    ];
    return { body: query.get('page') === '0' ? `[${list.join(',')}]` : '[]' };
  });
  const connector = await connect('Dolibarr', origin);
  expect((await read(connector, 'products')).values).toMatchObject([
    { id: '1', sku: 'MUG-BLU', barcode: '4006381333931', price: '9.90000000' },
    { id: '2', sku: 'MUG-RED' },
  ]);
  expect((await read(connector, 'stock')).values).toMatchObject([
    { sku: 'MUG-BLU', location: '1', quantity: '10' },
    { sku: 'MUG-BLU', location: '3', quantity: '-2' },
  ]);
});
