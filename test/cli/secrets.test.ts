/** No secret in anything that the bridge says, writes or stores: every output of many commands is searched for every form of every secret. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { cloneDatabase } from '../support/database.ts';
import { schema } from '../support/database-names.ts';
import type { ErpFolder } from '../support/erp.ts';
import { type Ended, openSite, type Site, startCommand, until } from '../support/process.ts';
import { openReceiver } from '../support/receiver.ts';
import { erpFiles, renamed, simulatedOto } from '../support/site-config.ts';

// Many commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 240_000 });

const secrets: Record<string, string> = {
  'refresh token': 'rt+Zq7/4kP=9w&x%41#Long',
  'refused refresh token': 'rt-refused/77=Qq+Zz',
  'database password': 'pä ss/w?rd&9:x@Y#z',
  'wrong database password': 'wr/ong&pass 88@word',
  'token in the address of the receiver': 'T0KEN-xx91-hook-88q',
  'token in its query': 'q7-query-token-551',
  'header of the receiver': 'Bearer hdr-4f81c-zz9',
  'token of a connector': 'erp/tok en+9931="q"',
  'pin of a connector': 'pin-77120-xy',
  'password of the proxy': 'prx/pw 6612&z',
  'secret of a hook': 'hook/9931 sig=Qp+88',
  'token of the figures': 'figures-7731-xx/2',
  'password of somebody at the station': 'stn 9917=Kq/81+Zz',
};

/** Written anew, so that a form that the bridge forgets is not forgotten here as well. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const encoded = encodeURIComponent(secret);
  const aligned = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset, 'x'), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The first and the last characters depend on what stands around.
    return text.slice(offset === 0 ? 0 : offset + 1, -2);
  });
  const forms = [
    secret,
    encoded,
    encoded.toLowerCase(),
    encodeURI(secret),
    new URLSearchParams({ a: secret }).toString().slice(2),
  ];
  return [
    ...new Set([
      ...forms,
      JSON.stringify(secret).slice(1, -1),
      ...aligned,
      ...aligned.map((one) => one.replaceAll('+', '-').replaceAll('/', '_')),
      bytes.toString('hex'),
    ]),
  ];
}

interface Said {
  readonly where: string;
  readonly text: string;
}

/** Each secret that is found, where, in which form, and what stands around it. */
function found(said: readonly Said[], known: Readonly<Record<string, string>>): string[] {
  return Object.entries(known).flatMap(([name, secret]) =>
    formsOf(secret).flatMap((form) =>
      said.flatMap(({ where, text }) => {
        const at = text.indexOf(form);
        return at < 0 ? [] : [`${name} in ${where}: …${text.slice(Math.max(0, at - 60), at + form.length + 20)}…`];
      }),
    ),
  );
}

test('the search finds what it looks for, in every form', () => {
  for (const [name, secret] of Object.entries(secrets)) {
    for (const text of [
      `x${secret}y`,
      `?a=${encodeURIComponent(secret)}`,
      JSON.stringify({ secret }),
      btoa(`user:${Buffer.from(secret).toString('latin1')}`),
      Buffer.from(secret).toString('base64'),
    ]) {
      expect(found([{ where: 'here', text }], { [name]: secret }).length, `${name} in ${text}`).toBeGreaterThan(0);
    }
  }
  expect(found([{ where: 'here', text: 'nothing' }], secrets)).toEqual([]);
});

async function roleWithPassword(password: string): Promise<(url: string) => string> {
  const server = inject('databaseServer');
  const role = `secretive_${process.pid}`;
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await run(`create role ${role} login superuser password ${pg.escapeLiteral(password)}`);
  onTestFinished(() => run(`drop owned by ${role}; drop role ${role}`));
  return (url) => {
    const own = new URL(url);
    own.username = role;
    own.password = encodeURIComponent(password);
    return own.href;
  };
}

test('no output, file, database column or alert holds a secret, whatever goes wrong', async () => {
  const asRole = await roleWithPassword(secrets['database password'] ?? '');
  const database = await cloneDatabase(inject('databaseServer'));
  onTestFinished(() => database.drop());
  const receiver = await openReceiver(
    `/services/${secrets['token in the address of the receiver']}?key=${secrets['token in its query']}`,
  );
  const site = await openSite({
    databaseUrl: asRole(database.url),
    simulator: {
      refreshTokens: [secrets['refresh token'] ?? '', 'simulator-refresh-token'],
      switches: { rotatesRefreshToken: true },
    },
  });
  const known: Record<string, string> = { ...secrets };
  const issue = site.simulator.tokens.issue.bind(site.simulator.tokens);
  site.simulator.tokens.issue = (...args) => {
    const issued = issue(...args);
    if (typeof issued === 'object') {
      known[`access token ${Object.keys(known).length}`] = issued.accessToken;
      if (issued.refreshToken !== 'simulator-refresh-token')
        known[`refresh token ${Object.keys(known).length}`] = issued.refreshToken;
    }
    return issued;
  };
  site.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }] });
  const folder = dirname(site.configFile);
  await fill(site.erp);

  const said: Said[] = [];
  const base = configOf(site, asRole, receiver.url);
  let files = 0;
  const write = async (over: Tree | string) => {
    files += 1;
    const file = join(folder, `secret-config-${files}.yaml`);
    await writeFile(file, typeof over === 'string' ? over : stringify({ ...base, ...over }));
    return file;
  };
  const env = { REFRESH: secrets['refresh token'] ?? '', PIN: secrets['pin of a connector'] ?? '' };
  const keep = (command: string, { stdout, stderr }: Ended) =>
    said.push({ where: `stdout of ${command}`, text: stdout }, { where: `stderr of ${command}`, text: stderr });
  const run = async (file: string, ...args: string[]) => {
    const all = [...args, '--log-level', 'trace', '--config', file];
    const ended = await startCommand(all, env).ended;
    keep(args.join(' '), ended);
    return ended;
  };

  const good = await write({});
  await run(good, 'pull', 'locations');
  const checked = await run(good, 'check');
  expect(checked.code, checked.stdout + checked.stderr).toBe(0);
  const adopted = await run(good, 'adopt', '--yes', '--json');
  expect(adopted.code, adopted.stdout).toBe(0);
  for (const flow of ['products', 'stock', 'documents', 'packing']) {
    const synced = await run(good, 'sync', flow, '--json');
    expect(synced.code, synced.stdout).not.toBe(1);
  }
  const password = secrets['password of somebody at the station'] ?? '';
  const add = ['staff', 'add', 'Aisha', '--role', 'admin', '--pin', '-', '--log-level', 'trace', '--config', good];
  const added = await startCommand(add, env, `${password}\n`).ended;
  expect(added.code, added.stderr).toBe(0);
  keep('staff add', added);
  await run(good, 'staff', 'list', '--json');
  const worker = startCommand(['run', '--json', '--log-level', 'trace', '--config', good], env);
  onTestFinished(async () => void (await worker.kill()));
  await until('the worker', () => worker.stdout.includes('"running"') || !worker.running);
  await until('a run of it', () => worker.stderr.includes('run finished') || !worker.running);
  said.push(...(await askWorker((JSON.parse(worker.stdout) as { port: number }).port)));
  worker.signal('SIGTERM');
  keep('run', await worker.ended);

  // A connector that leaks.
  const leaky = (leak: string) => ({
    sources: { ...base.sources, leaky: leakySource(leak) },
    flows: { products: { from: 'leaky' } },
    hooks: {},
  });
  for (const leak of ['open', 'read', 'throw-text']) {
    const file = await write(leaky(leak));
    const ended = await run(file, 'sync', 'products', ...(leak === 'read' ? [] : ['--json']));
    expect(ended.code, leak).toBe(1);
    expect(ended.stdout, leak).toContain('the ERP refused [secret]');
    if (leak === 'read') {
      expect((await run(file, 'check')).stdout).toContain('the ERP refused [secret]');
    }
  }
  const back = await write({
    sources: { leaky: leakySource('read') },
    locations: [{ oto: 'RUH1', source: 'leaky', erp: ['RUH-MAIN'], stock: 'oto' }],
    flows: { 'stock-back': { to: 'leaky' } },
    hooks: {},
  });
  await run(back, 'adopt', '--yes');
  expect((await run(back, 'sync', 'stock-back', '--json')).stdout).toContain('"refused": 1');
  expect((await run(back, 'operations', 'list', '--state', 'refused')).stdout).toContain('[secret]');

  // Tokens, passwords and addresses that are wrong.
  const refused = await write({
    oto: simulatedOto(site.simulator.baseUrl, { refreshToken: secrets['refused refresh token'] }),
  });
  expect((await run(refused, 'check')).code).toBe(1);
  expect((await run(refused, 'sync', 'stock', '--json')).code).not.toBe(0);
  const away = new URL(asRole(site.url));
  away.port = '1';
  const wrong = new URL(asRole(site.url));
  wrong.password = encodeURIComponent(secrets['wrong database password'] ?? '');
  const gone = new URL(asRole(site.url));
  gone.pathname = '/nowhere';
  await inPairs([away, wrong, gone], async (url) => {
    const file = await write({ database: { url: url.href, schema } });
    for (const args of [['status', '--json'], ['check'], ['status', '--health']]) {
      expect((await run(file, ...args)).code, args.join(' ')).toBe(1);
    }
  });
  const proxied = await write({
    noProxy: [],
    oto: simulatedOto(site.simulator.baseUrl, { refreshToken: secrets['refresh token'], timeoutSeconds: 1 }),
  });
  expect((await run(proxied, 'check')).code).toBe(1);

  // Configurations that are wrong, with a secret where it is seen.
  const text = stringify(base);
  const broken: readonly string[] = [
    text.replace(/^timezone: .*/m, 'timezone: $' + '{REFRESH}'),
    text.replace(/^timezone: .*/m, `timezone: ${JSON.stringify(secrets['refresh token'])}`),
    text.replace(/requestsPerSecond: .*/, 'requestsPerSecond: $' + '{REFRESH}'),
    text.replace(/ url: postgres.*/, ` url: "mysql://u:${encodeURIComponent(secrets['database password'] ?? '')}@h/x"`),
    text.replace(/ url: http.*/, ` url: "${secrets['token in the address of the receiver']}"`),
    text.replace(/^proxy: .*/m, `proxy: "ftp://u:${encodeURIComponent(secrets['password of the proxy'] ?? '')}@h"`),
    text.replace(/refreshToken: .*/, `refreshToken: [${JSON.stringify(secrets['refresh token'])}]`),
    text.replace(/refreshToken: .*/, `refreshToken: ${JSON.stringify(secrets['refresh token'])}: x`),
    text.replace(/refreshToken: .*/, `refreshToken: "${secrets['refresh token']}`),
    text.replace(/ secret: .*/, ` secret: [${JSON.stringify(secrets['secret of a hook'])}]`),
    text.replace(/ secret: .*/, ` secret: "${secrets['secret of a hook']?.slice(0, 15)}"`),
    text.replace(/authorization: .*/, `authorization: { a: ${JSON.stringify(secrets['header of the receiver'])} }`),
  ];
  await inPairs(broken, async (one) => {
    const ended = await run(await write(one), 'check', '--json');
    expect(ended.code, one).toBe(1);
    expect(ended.stdout).toMatch(/CONFIG_(INVALID|NOT_FOUND)/);
  });

  // A receiver that refuses, and one that is away.
  receiver.status = 404;
  await site.db.query('update alarm set cleared_at = now(), told_cleared_at = now() where cleared_at is null');
  await site.erp.put('stock.csv', 'no,header\n1,2\n');
  await run(good, 'sync', 'stock', '--json');
  const silent = await write({
    alerts: { webhook: { ...base.alerts.webhook, url: receiver.url.replace(/:\d+\//, ':1/') } },
  });
  await run(silent, 'sync', 'documents', '--json');
  expect((await run(silent, 'status')).stdout).toContain('The receiver of alerts does not answer');
  await inPairs(['status', 'runs list', 'operations list', 'plan list'], async (command) => {
    expect((await run(good, ...command.split(' '), '--json')).code).toBe(0);
  });

  expect(receiver.arrived.length).toBeGreaterThan(2);
  expect(receiver.arrived[0]?.headers.authorization).toBe(secrets['header of the receiver']);
  const alerts = receiver.arrived.map(({ body }) => ({ where: 'an alert', text: body }));
  const stored = await everyRow(site);
  expect(stored.find(({ where }) => where.endsWith('.alarm'))?.text).toContain('[secret]');
  const all = [...said, ...alerts, ...stored, ...(await everyFile(folder))];
  expect(Object.keys(known).length).toBeGreaterThan(Object.keys(secrets).length + 5);
  expect(found(all, known)).toEqual([]);
});

/** What a worker answers to a secret, in every place where somebody might put it. */
async function askWorker(port: number): Promise<Said[]> {
  const [hook = '', figures = ''] = [secrets['secret of a hook'], secrets['token of the figures']];
  const password = secrets['password of somebody at the station'] ?? '';
  const signIn = (name: string, pin: string) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, pin }),
  });
  const basic = { authorization: `Basic ${btoa(`erp:${hook}`)}` };
  const requests: readonly (readonly [string, number, RequestInit])[] = [
    ['/hooks/erp', 202, { method: 'POST', headers: { authorization: `Bearer ${hook}` } }],
    ['/hooks/erp', 202, { method: 'POST', headers: basic, body: hook }],
    [`/hooks/erp?flow=${encodeURIComponent(hook)}`, 400, { method: 'POST', headers: basic }],
    [`/hooks/${encodeURIComponent(hook)}`, 401, { method: 'POST' }],
    [`/hooks/erp?secret=${encodeURIComponent(hook)}`, 401, { method: 'POST', headers: { authorization: hook } }],
    [`/hooks/erp/${encodeURIComponent(hook)}`, 404, { method: 'POST', headers: { 'x-request-id': hook } }],
    ['/metrics', 200, { headers: { authorization: `Bearer ${figures}` } }],
    [`/metrics?token=${encodeURIComponent(figures)}`, 401, { headers: { authorization: figures } }],
    ['/station/api/session', 200, signIn('Aisha', password)],
    ['/station/api/session', 401, signIn(password, password)],
    ['/station/api/session', 400, signIn('', password)],
    [
      `/station/api/orders?q=${encodeURIComponent(password)}`,
      401,
      { headers: { cookie: `oto-bridge-station=${encodeURIComponent(password)}` } },
    ],
    ['/openapi.json', 200, {}],
    ['/', 200, {}],
  ];
  const said: Said[] = [];
  for (const [path, status, init] of requests) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
    expect(answer.status, path).toBe(status);
    const headers = JSON.stringify([...answer.headers]);
    said.push({ where: `${init.method ?? 'GET'} ${path}`, text: `${headers} ${await answer.text()}` });
  }
  return said;
}

type Tree = Readonly<Record<string, unknown>>;

function configOf(site: Site, asRole: (url: string) => string, receiver: string) {
  return {
    timezone: 'Asia/Riyadh',
    oto: simulatedOto(site.simulator.baseUrl, {
      refreshToken: secrets['refresh token'],
      requestsPerSecond: 50,
      timeoutSeconds: 2,
    }),
    database: { url: asRole(site.url), schema },
    sources: erpFiles({ documents: renamed.documents }),
    locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'] }],
    flows: {
      products: { from: 'erp' },
      stock: { from: 'erp' },
      documents: { from: 'erp', startFrom: '2020-01-01', watch: true },
      packing: {},
    },
    guards: { maxCreates: 1 },
    http: { port: 0, metricsToken: secrets['token of the figures'] },
    hooks: { erp: { secret: secrets['secret of a hook'] } },
    alerts: {
      webhook: { url: receiver, headers: { authorization: secrets['header of the receiver'] }, timeoutSeconds: 2 },
    },
    proxy: `http://me:${encodeURIComponent(secrets['password of the proxy'] ?? '')}@127.0.0.1:1`,
  } as const;
}

const leakySource = (leak: string) => ({
  connector: fileURLToPath(new URL('../support/leaky.ts', import.meta.url)),
  options: { token: secrets['token of a connector'], nested: [{ pin: '$' + '{PIN}' }], leak },
});

async function fill(erp: ErpFolder): Promise<void> {
  await erp.products(['A', 'B', 'C', 'D', { sku: '', name: 'No code', price: '1' }]);
  await erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['B', 'RUH-MAIN', 'many'],
  ]);
  await erp.documents('1', [{ id: '1', number: 'GRN-1', date: '2026-11-20', lines: { A: 3 } }]);
}

async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const one = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all([one(), one()]);
}

/** Every row of every table, of the jobs too, as text. */
async function everyRow(site: Site): Promise<Said[]> {
  const tables = await site.db.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ($1::text, $1::text || '_jobs')`,
    [schema],
  );
  expect(tables.length).toBeGreaterThan(25);
  return Promise.all(
    tables.map(async ({ name }) => {
      const rows = await site.db.query<{ row: string }>(`select t::text as row from ${name} t`);
      return { where: name, text: rows.map(({ row }) => row).join('\n') };
    }),
  );
}

/** Every file that the bridge wrote, which the configurations are not. */
async function everyFile(folder: string): Promise<Said[]> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  return Promise.all(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !file.endsWith('.yaml'))
      .map(async (file) => ({ where: file, text: await readFile(file, 'utf8') })),
  );
}
