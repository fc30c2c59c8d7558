import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { parse } from 'yaml';
import manifest from '../package.json' with { type: 'json' };
import lock from '../package-lock.json' with { type: 'json' };
import { buildProgram } from '../src/cli/program.ts';
import { defaultRefreshToken, type Simulator, startSimulator } from '../src/simulator/index.ts';
import { order } from './simulator/families/order.ts';
import { commandsIn, isShown } from './support/commands.ts';
import { cloneDatabase } from './support/database.ts';
import { ErpFolder } from './support/erp.ts';
import { type Command, type Ended, jsonOf, startProcess, until } from './support/process.ts';

// Many commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 180_000 });

const root = join(import.meta.dirname, '..');
const file = (path: string) => readFileSync(join(root, path), 'utf8');
const readme = file('README.md');
const program = buildProgram(() => undefined);
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'connectors'))
    .map((name) => `connectors/${name}/README.md`)
    .filter((path) => existsSync(join(root, path))),
];

/** What cannot be run here, with what is looked at instead. */
const exceptions: readonly { readonly command: RegExp; readonly why: string }[] = [
  { command: /^npm ci$/, why: 'it brought the packages that this test runs with; the lock file is compared below' },
  { command: /^npm test$/, why: 'it is what runs just now' },
  { command: /^npm run generate$/, why: 'test/config/generated.test.ts does what it does and compares' },
  {
    command: /^npm run build(:web)?$/,
    why: 'npm ci and the image run them; that there are such scripts is looked at below',
  },
  {
    command: /^npm run screenshots\b/,
    why: 'it takes pictures for minutes; that there is such a script is looked at below',
  },
  { command: /^npm run bench\b/, why: 'it measures for minutes; that there is such a measurement is looked at below' },
  { command: /^npm run chaos\b/, why: '.ci/run does it; that there is such a script is looked at below' },
  { command: /^node --test test\/\*\.test\.ts$/, why: "test/kit/guide.test.ts runs it in the guide's own folder" },
  { command: /^docker\b/, why: 'there is no docker in a test; compose.yaml and the Dockerfile are looked at below' },
];

/** Every command that was run here. */
const ran: string[][] = [];
let folder: string;
let simulator: Simulator;
let erp: ErpFolder;
let env: Record<string, string>;
const undo: (() => Promise<unknown>)[] = [];

/** A clean copy of this folder, set up as "Install it beside your ERP" says: its configuration is the README's own. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oto-bridge-readme-'));
  undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const name of ['src', 'connectors', 'node_modules', 'package.json'])
    await symlink(join(root, name), join(folder, name));
  await mkdir(join(folder, 'config'));
  await cp(join(root, 'config/demo.yaml'), join(folder, 'config/demo.yaml'));
  const database = await cloneDatabase(inject('databaseServer'));
  undo.push(() => database.drop());
  simulator = await startSimulator();
  undo.push(() => simulator.close());
  simulator.seed({ products: ['A', 'B', 'C'].map((sku) => ({ sku })) });
  erp = new ErpFolder(join(folder, 'erp'));
  env = { OTO_REFRESH_TOKEN: defaultRefreshToken, DATABASE_URL: database.url };

  let yaml = (/```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '').replaceAll(/^ {3}/gm, '');
  const change = (from: string, to: string) => {
    expect(yaml).toContain(from);
    yaml = yaml.replace(from, to);
  };
  const speed = 'requestsPerSecond: unlimited, settleSeconds: 0.05';
  change('environment: production', `environment: simulator, baseUrl: "${simulator.baseUrl}", ${speed}`);
  change('/srv/erp', erp.dir);
  await writeFile(join(folder, 'config/oto-bridge.yaml'), `${yaml}http: { port: 0 }\n`);
});
afterAll(async () => {
  for (const step of undo.reverse()) await step();
});

function start(words: readonly string[]): Command {
  ran.push(['oto-bridge', ...words]);
  const command = startProcess(join(root, 'node_modules/.bin/node'), ['src/cli/main.ts', ...words], {
    cwd: folder,
    env,
  });
  undo.push(() => command.kill());
  return command;
}

/** Runs a command as the README says it, in the folder, and gives back what it printed. */
async function run(words: string, exit: number | readonly number[] = 0): Promise<Ended> {
  const ended = await start(words.split(' ')).ended;
  expect([exit].flat(), `${words}: ${ended.stdout}${ended.stderr}`).toContain(ended.code);
  return ended;
}

/** The same through npm, as it stands there. */
async function npm(text: string, exit = 0): Promise<Ended> {
  const words = text.split(' ');
  const own = words[3] === 'oto-bridge' ? ['oto-bridge', ...words.slice(5)] : ['oto-bridge', 'demo', ...words.slice(4)];
  ran.push(own);
  const command = startProcess('npm', words.slice(1), { cwd: folder, env });
  undo.push(() => command.kill());
  const ended = await command.ended;
  expect(ended.code, `${text}: ${ended.stdout}${ended.stderr}`).toBe(exit);
  return ended;
}

/** What depends on the hour at which the demo's goods were booked: not only how many, but whether there are any. */
const byTheHour =
  /waits? for the next snapshot|processed in OTO: its figures|came after a stock figure|stock figures that may contain/;

/** What the demo says, without its numbers: they go with the time of day. */
function comparable(text: string): string[] {
  return text
    .replaceAll(/\(products\.csv \d[^)]*\)/g, '(FILES)')
    .replaceAll(/\d+(\.\d+)? (ms|s|min|h)\b( \d+(\.\d+)? (ms|s|min)\b)?/g, 'TIME')
    .replaceAll(/ · (sent|landed|refused|parked|waiting|saved|quarantined|planned) \d+/g, '')
    .replaceAll(/\d+(\.\d+)*(:\d+)?/g, 'N')
    .replaceAll(/^ {4}/gm, '')
    .trim()
    .split('\n')
    .filter((line) => !byTheHour.test(line))
    .map((line) =>
      line.replaceAll(/\b(waits|operation|change|row)\b/g, (word) => (word === 'waits' ? 'wait' : `${word}s`)),
    );
}

test('the demo prints what the README shows', async () => {
  const shown = /which prints[^\n]*\n\n((?: {4}.*\n)+)/.exec(readme)?.[1] ?? '';
  expect(comparable(shown).length).toBeGreaterThan(20);
  const ended = await npm('npm run demo -- --once');
  // npm itself names the script that it runs.
  const printed = ended.stdout.replace(/^(\n?> .*\n)+\n?/, '').replaceAll(/^/gm, '    ');
  expect(comparable(printed)).toEqual(comparable(shown));
});

test('the first day, as the README tells it, and what may wait for a person', async () => {
  await erp.stock([
    ['A', 'RUH-MAIN', 150, 'PCS'],
    ['B', 'RUH-MAIN', 2, 'CTN'],
    ['C', 'RUH-MAIN', 'many', 'PCS'],
  ]);
  await npm('npm run -s oto-bridge -- check');
  const planned = await npm('npm run -s oto-bridge -- plan stock', 2);
  const plan = /Plan (\d+) of stock/.exec(planned.stdout)?.[1] ?? '';
  expect(simulator.requests.list({ endpoint: 'updateStockQuantity' })).toEqual([]);
  await npm('npm run -s oto-bridge -- adopt', 2);
  await run('adopt --yes');
  // What was planned before the adoption has to be planned anew.
  await run(`apply ${plan}`, [0, 1, 2]);
  await npm('npm run -s oto-bridge -- sync stock');
  expect(simulator.state.figures.find('B', 'RUH1')?.now.onHand).toBe(24);
  await run('status');

  const runs = jsonOf<{ runs: { run: number; flow: string; counts: { landed: number } }[] }>(
    await run('runs list --json'),
  );
  const first = runs.runs.find((one) => one.flow === 'stock' && one.counts.landed > 0)?.run;
  const back = jsonOf<{ plan: { id: number } }>(await run(`undo ${first} --json`, 2));
  expect(simulator.state.figures.find('B', 'RUH1')?.now.onHand).toBe(24);
  await run(`apply ${back.plan.id}`);
  expect(simulator.state.figures.find('B', 'RUH1')?.now.onHand).toBe(0);
  await run('sync stock', [0, 2]);
  expect(simulator.state.figures.find('B', 'RUH1')?.now.onHand).toBe(24);
  const rejected = await run(`runs show ${runs.runs.find((one) => one.flow === 'stock')?.run} --json`);
  expect(rejected.stdout).toContain('many');

  await erp.stock([
    ['A', 'RUH-MAIN', 0, 'PCS'],
    ['B', 'RUH-MAIN', 2, 'CTN'],
  ]);
  await run('sync stock', 2);
  const { quarantine } = jsonOf<{ quarantine: { id: number }[] }>(await run('quarantine list --json'));
  expect(quarantine).toHaveLength(1);
  await run('quarantine list --rule zero-share --location RUH1');
  await run('quarantine approve --rule zero-share --location RUH1 --yes');
  await run(`quarantine approve ${quarantine[0]?.id}`);
  await run('sync stock');
  expect(simulator.state.figures.find('A', 'RUH1')?.now.onHand).toBe(0);

  // Two receipts, booked after the figures were true: the answer to one gets lost.
  simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'resetBefore', count: 1 });
  const receipt = async (number: string) => {
    const now = new Date().toISOString();
    const row = ['purchase', number, now.slice(0, 10), now, 'RUH-MAIN', 'B', 3, 'PCS'].join(',');
    await erp.put(`grn-${number}.csv`, `kind,number,date,bookedAt,location,sku,quantity,unit\n${row}\n`);
  };
  for (const number of ['GRN-1', 'GRN-2']) await receipt(number);
  const worker = start(['run', '--json']);
  await until('the worker', () => worker.stdout.includes('"running"') || !worker.running);
  await until(
    'the receipts',
    async () => simulator.requests.list({ endpoint: 'createInventoryOrder' }).length >= 2 || !worker.running,
  );
  const parked = await until('the lost one is parked', async () => {
    const { operations } = jsonOf<{ operations: { id: number }[] }>(await run('operations list --parked --json'));
    return operations[0]?.id;
  });
  worker.signal('SIGTERM');
  const { stdout, stderr, code } = await worker.ended;
  expect(code, stdout + stderr).toBe(0);
  expect((await run(`operations show ${parked}`)).stdout).toContain('Does OTO have this inbound order?');
  await run(`operations resolve ${parked} --landed`);
  await run('operations retry', [0, 1, 2]);
  await run('operations list --dead');
  await run('operations retry --dead', [0, 1, 2]);
  const { documents: all } = jsonOf<{ documents: { id: number; state: string }[] }>(await run('documents list --json'));
  const pending = all.find(({ state }) => state === 'pending');
  await run(`documents processed ${pending?.id}`);
  await receipt('GRN-3');
  await run('plan documents', 2);
  await run('documents skip GRN-3');
  await run('sync stock --sku B --location RUH1 --json', [0, 2]);
  await run('status --json');
  await run('status --health');
});

test('the other commands that are named', async () => {
  const simulated = start(['simulator', '--port', '0', '--json']);
  await until('the simulator', () => simulated.stdout.includes('}') || !simulated.running);
  expect(jsonOf<{ baseUrl: string }>({ ...simulated, code: null, signal: null }).baseUrl).toContain('/rest/v2/');
  simulated.signal('SIGINT');
  expect((await simulated.ended).code).toBe(0);
  await run('oto --list');
  await run('oto orders --query status=delivered --all');
  await run('oto print --param orderId=1234 --dry-run');
  await writeFile(join(folder, 'order.json'), JSON.stringify(order));
  await run('oto createOrder --data @order.json');
  await run('pull locations');
  await run('packing list');
  await run('packing unmatched');
  await run('staff add Aisha --role picker --location RUH1');
  await run('staff change Aisha --role supervisor');
  for (const verb of ['reset', 'disable', 'enable']) await run(`staff ${verb} Aisha`);
  for (const shown of ['list', 'sessions', 'events']) await run(`staff ${shown}`);
  const site = await readFile(join(folder, 'config/oto-bridge.yaml'), 'utf8');
  const keys = 'authorizationKey: authorization-key-of-tests, secretKey: secret-key-of-tests';
  const webhooks = `${site}webhooks: { url: "http://127.0.0.1:1", ${keys} }\n`;
  await writeFile(join(folder, 'config/webhooks.yaml'), webhooks);
  for (const verb of ['register', 'list', 'events', 'remove'])
    await run(`webhooks ${verb} --config config/webhooks.yaml`);
  await run('webhooks events 42', 1);
  await run('webhooks events --state failed');
  await run('explain SKU-000042 --location RUH1');
  await run('drift', [0, 2]);
  await run('pause stock');
  await run('sync stock', 2);
  await run('resume stock');
  await run('sync stock --accept-missing', [0, 2]);
  await run('db migrate');
  await npm('npm run -s oto-bridge -- connector new my-erp');
  expect((await npm('npm run -s oto-bridge -- connector test my-erp')).stdout).toContain('0 failed');
  // The guide for connectors has products.
  const yaml = await readFile(join(folder, 'config/oto-bridge.yaml'), 'utf8');
  const products = yaml
    .replace('flows:\n', 'flows:\n  products: { from: erp }\n')
    .replace('stock: { files', 'products: { files: products.csv }, stock: { files');
  await writeFile(join(folder, 'config/products.yaml'), products);
  await erp.products(['A', 'D']);
  expect((await run('plan products --config config/products.yaml', 2)).stdout).toMatch(/create +D /);
});

test('every command that the README and the guides show was run here', () => {
  const shown = documents.flatMap((path) => commandsIn(path, program));
  expect(shown.filter(({ file: from }) => from === 'README.md').length).toBeGreaterThan(12);
  const left = shown.filter(
    ({ words }) =>
      !ran.some((run) => isShown(words, run)) && !exceptions.some(({ command }) => command.test(words.join(' '))),
  );
  expect(left.map(({ file: from, text }) => `${from}: ${text}`)).toEqual([]);
});

test('the README names every command, and no other; each was run here', () => {
  const block = readme.slice(readme.indexOf('Commands (`--help`'), readme.indexOf('With `--json` standard output'));
  const named = [...block.matchAll(/^ {4}(\S.*?) {2,}/gm)].flatMap(([, words]) => (words ?? '').split(', '));
  const real = program.commands.map((command) => command.name());
  expect(named.sort()).toEqual(real.filter((name) => name !== 'help').sort());
  const used = new Set(ran.map(([, name]) => name));
  expect(named.filter((name) => !used.has(name))).toEqual([]);
});

test('what cannot be run here is there, and fits', () => {
  const scripts = documents
    .map(file)
    .join('\n')
    .matchAll(/npm run (?:-s )?([\w-]+)(?: -- ([\w-]+))?/g);
  const called = [...scripts].map(([, name = '', argument]) => ({ name, argument }));
  expect(called.length).toBeGreaterThan(3);
  expect(called.filter(({ name }) => !(name in manifest.scripts))).toEqual([]);
  for (const { name, argument } of called) {
    if (name === 'bench' && argument !== undefined) expect(file('bench/main.ts')).toContain(`  ${argument}: () =>`);
  }
  const { '': locked } = lock.packages;
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  expect(locked).toMatchObject({ dependencies, devDependencies, optionalDependencies });
});

test('compose.yaml and the Dockerfile speak of what there is', () => {
  const compose = parse(file('compose.yaml')) as {
    services: Record<string, { build?: string; image?: string; depends_on?: object; volumes?: string[] }>;
    volumes: object;
  };
  expect(Object.keys(compose.services).sort()).toEqual(['bridge', 'postgres']);
  const { bridge } = compose.services;
  expect(existsSync(join(root, bridge?.build ?? 'nowhere', 'Dockerfile'))).toBe(true);
  expect(Object.keys(bridge?.depends_on ?? {})).toEqual(['postgres']);
  for (const service of Object.values(compose.services)) {
    for (const [from = ''] of (service.volumes ?? []).map((volume) => volume.split(':'))) {
      expect(from.startsWith('.') || from in compose.volumes, from).toBe(true);
    }
  }
  const steps = file('Dockerfile')
    .split('\n')
    .filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(' ').slice(1, -1));
  expect(steps.length).toBeGreaterThan(5);
  expect(steps.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  // The program's place in the image is where the build puts it.
  const main = manifest.bin['oto-bridge'];
  for (const text of [file('Dockerfile'), file('compose.yaml')]) expect(text).toContain(`/app/${main}`);
  for (const [, script = ''] of file('Dockerfile').matchAll(/npm run (?:-s )?([\w-]+)/g))
    expect(script in manifest.scripts, script).toBe(true);
});
