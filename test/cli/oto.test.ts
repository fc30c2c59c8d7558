import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { completion } from '../../src/cli/oto-completion.ts';
import { paramsOf, validated } from '../../src/cli/oto-params.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { type Endpoint, otoApi } from '../../src/oto/index.ts';
import { order } from '../simulator/families/order.ts';
import { openSite, startCommand } from '../support/process.ts';
import { ask, tell } from './ask.ts';

// Many commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 90_000 });

const names = Object.keys(otoApi);

test('the list names every endpoint, with its family, method, path and plan, and needs no configuration', async () => {
  const { stdout } = await startCommand(['oto', '--list', '--json']).ended;
  const { endpoints } = JSON.parse(stdout) as { endpoints: { name: string; family: string; path: string }[] };
  expect(endpoints.length).toBeGreaterThanOrEqual(60);
  expect(endpoints.map(({ name }) => name).sort()).toEqual([...names].sort());
  expect(endpoints.find(({ name }) => name === 'print')).toEqual({
    family: 'labels',
    name: 'print',
    method: 'GET',
    path: '/print/{orderId}',
    effect: 'read',
    plan: 'all',
    paged: false,
    summary: expect.stringContaining('label'),
  });
});

test('an order is made, shipped and printed; lists are read to their end', async () => {
  const site = await openSite();
  const file = join(dirname(site.configFile), 'order.json');
  await writeFile(file, JSON.stringify({ ...order, createShipment: 'true' }));
  expect(await ask(site, ['oto', 'createOrder', '--data', `@${file}`])).toEqual({ success: true, otoId: 31_000_001 });
  const id = site.simulator.state.orders.get('SO-1')?.shipment?.id;
  for (const orderId of ['SO-2', 'SO-3']) {
    site.simulator.staff.createOrder({ orderId, location: 'RUH1', items: [{ sku: 'A', quantity: 1 }] });
  }
  const [label, pages] = await Promise.all([
    tell(site, 'oto print --param orderId=SO-1'),
    ask(site, ['oto', 'orders', '--query', 'perPage=2', '--all']),
  ]);
  expect(JSON.parse(label)).toMatchObject({ success: true, trackingNumber: id });
  expect(pages).toMatchObject({ endpoint: 'orders', pages: 2, count: 3 });
  expect(pages.rows.map((row: { orderId: string }) => row.orderId)).toEqual(['SO-3', 'SO-2', 'SO-1']);
});

test('what cannot be right is not sent, and says where and how', async () => {
  const site = await openSite();
  const wrong = { ...order, amount: 'ten', customer: { ...order.customer, city: undefined }, ammount: 1 };
  const bad = await ask(site, ['oto', 'createOrder', '--data', JSON.stringify(wrong)], 1);
  expect(bad.error.code).toBe('CLI_USAGE');
  expect(bad.error.data.problems).toEqual([
    { path: 'amount', message: expect.stringContaining('number'), hint: expect.stringContaining('Value of the order') },
    { path: 'customer.city', message: 'is required', hint: expect.stringContaining('OTO1022') },
    { path: 'ammount', message: 'is not known', hint: 'Did you mean "amount"?' },
  ]);
  expect(site.simulator.requests.counts()).toEqual({});
});

test.each([
  ['holdOrder', { query: ['orderId=1'] }, /holdOrder takes no query/],
  ['holdOrder', { data: '{orderId: 1}' }, /no JSON/],
  ['holdOrder', { data: '[1]' }, /no JSON object/],
  ['holdOrder', { data: '@/nowhere/order.json' }, /cannot be read/],
  ['print', { param: ['1234'] }, /no name and value/],
  ['print', { param: ['id=1234'] }, /does not stand in the path/],
  ['print', { param: ['orderId=..'] }, /orderId: cannot stand in an address/],
  [
    'createOrder',
    { data: JSON.stringify({ ...order, items: [{ sku: 'A' }] }) },
    /items\.0\.quantity: is required .*Units bought/,
  ],
  ['createOrder', { data: JSON.stringify({ ...order, boxes: [{ dimensions: {} }] }) }, /boxes\.0\.dimensions\.width/],
] as const)('%s with %j is refused before anything is opened', async (name, given, message) => {
  const row: Endpoint = otoApi[name];
  await expect(paramsOf(row, given).then((params) => validated(row, params))).rejects.toThrow(message);
});

test('a dry run shows the request without its token and without keys, and needs neither OTO nor the database', async () => {
  const site = await openSite();
  const hook = { method: 'post', url: 'https://example.com/hook', secretKey: 'key-of-the-signature' };
  await site.simulator.close();
  site.network.cut();
  const [shown, list] = await Promise.all([
    ask(site, ['oto', 'postWebhook', '--data', JSON.stringify(hook), '--dry-run']),
    ask(site, ['oto', 'orders', '--query', 'status=delivered,new', '--all', '--dry-run']),
  ]);
  expect(shown).toEqual({
    method: 'POST',
    url: `${site.simulator.baseUrl}webhook`,
    headers: { accept: 'application/json', 'content-type': 'application/json', authorization: 'Bearer [hidden]' },
    body: { ...hook, secretKey: '[secret]' },
  });
  expect(list.url).toBe(`${site.simulator.baseUrl}orders?perPage=100&page=1&status=delivered,new`);
});

test('a refusal says what the code means; a write without an answer is sent once and says so', async () => {
  const site = await openSite();
  site.simulator.faults.add({ endpoint: 'cancelOrder', kind: 'resetAfter', count: 1 });
  site.simulator.staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items: [{ sku: 'A', quantity: 1 }] });
  const [refused, lost] = await Promise.all([
    ask(site, ['oto', 'createShipment', '--data', '{"orderId":"nope"}'], 1),
    ask(site, ['oto', 'cancelOrder', '--data', '{"orderId":"SO-1"}'], 1),
  ]);
  expect(refused.error).toMatchObject({
    code: 'OTO_REFUSED',
    message: expect.stringContaining('OTO1002'),
    hint: 'OTO1002 means: the order does not exist. The same call is refused again.',
  });
  expect(lost.error).toMatchObject({ code: 'CLI_OTO_UNKNOWN', hint: expect.stringContaining('Read back') });
  expect(site.calls('cancelOrder')).toHaveLength(1);
  expect(site.simulator.state.orders.get('SO-1')?.status).toBe('canceled');
});

test('keys in an answer are left out unless they are asked for; what comes once is not lost', async () => {
  const site = await openSite();
  const hook = { method: 'post', url: 'https://example.com/hook', secretKey: 'key-of-the-signature' };
  const vendor = JSON.stringify({ email: 'v@example.com', mobileNumber: '966500000000', fullName: 'Vendor' });
  await ask(site, ['oto', 'postWebhook', '--data', JSON.stringify(hook)]);
  const [hidden, shown, lost, token] = await Promise.all([
    ask(site, 'oto getWebhook'),
    ask(site, 'oto getWebhook --show-secrets'),
    ask(site, ['oto', 'register', '--data', vendor], 1),
    ask(site, 'oto refreshToken'),
  ]);
  expect(hidden.webhooks[0]).toMatchObject({ url: hook.url, secretKey: '[secret]' });
  expect(shown.webhooks[0]).toMatchObject(hook);
  expect(lost.error).toMatchObject({ code: 'CLI_USAGE', hint: expect.stringContaining('--show-secrets') });
  expect(site.calls('register')).toEqual([]);
  expect(token).toEqual({ success: true, message: expect.stringContaining('not shown') });
});

test('production is changed only with --yes, and read without', async () => {
  const production = { environment: 'production' };
  const site = await openSite({ config: { oto: production } });
  const cancel = ['oto', 'cancelOrder', '--data', '{"orderId":"SO-1"}'];
  site.simulator.staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items: [{ sku: 'A', quantity: 1 }] });
  const [asked, read] = await Promise.all([ask(site, cancel, 1), ask(site, 'oto orderDetails --query orderId=SO-1')]);
  expect(asked.error).toMatchObject({ code: 'CLI_USAGE', hint: expect.stringContaining('--yes') });
  expect(read.status).toBe('new');
  expect(site.calls('cancelOrder')).toEqual([]);
  expect(await ask(site, [...cancel, '--yes'])).toEqual({ success: true });
});

test('shells complete the names of endpoints', () => {
  const program = buildProgram(() => undefined);
  const oto = program.commands.find((command) => command.name() === 'oto');
  if (oto === undefined) throw new Error('there is no command oto');
  const completed = (line: readonly string[]) => {
    const words = `COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${line.length - 1}`;
    const script = `${completion('bash', oto)}\n${words}; _oto_bridge; echo "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split(' ');
  };
  expect(completed(['oto-bridge', 'oto', 'createO'])).toEqual(['createOrder']);
  const all = completed(['oto-bridge', 'oto', '']);
  expect(all.filter((word) => !word.startsWith('-')).sort()).toEqual([...names].sort());
  expect(all).toContain('--dry-run');
  expect(completed(['oto-bridge', '']).sort()).toEqual(program.commands.map((command) => command.name()).sort());
  expect(completion('zsh', oto)).toContain('bashcompinit');
  for (const name of names) expect(completion('fish', oto)).toContain(` -a ${name} -d `);
});
