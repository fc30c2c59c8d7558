import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { jsonOf, openSite, type Site, startCommand } from '../support/process.ts';

// Many commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 90_000 });

const secret = 'do-not-print-me-4711';
const printed: string[] = [];
let files = 0;

/** A command with the configuration as it stands in the file, changed as a person would. */
async function withFile(site: Site, change: (text: string) => string, args: readonly string[], env = {}) {
  files += 1;
  const file = `${site.configFile}.${files}.yaml`;
  await writeFile(file, change(await readFile(site.configFile, 'utf8')));
  const ended = await startCommand([...args, '--config', file], env).ended;
  printed.push(ended.stdout, ended.stderr);
  return ended;
}

afterEach(() => {
  expect(printed.length).toBeGreaterThan(0);
  for (const text of printed.splice(0)) expect(text).not.toContain(secret);
});

const replace = (from: string | RegExp, to: string) => (text: string) => {
  if (text.search(from) < 0) throw new Error(`${from} is not in ${text}`);
  return text.replace(from, to);
};
const locations = (text: string) => replace(/locations:\n( {2}.*\n)+/, `locations:\n${text}`);

const wrong: readonly (readonly [what: string, change: (text: string) => string, field: RegExp, remedy: RegExp])[] = [
  [
    'a token variable that is not set',
    replace(/refreshToken: .*/, 'refreshToken: $' + '{OTO_TOKEN_OF_RIYADH}'),
    /oto\.refreshToken .*OTO_TOKEN_OF_RIYADH/,
    /export OTO_TOKEN_OF_RIYADH|[Ss]et .*OTO_TOKEN_OF_RIYADH|OTO_TOKEN_OF_RIYADH=/,
  ],
  ['no time zone', replace(/timezone: .*\n/, ''), /timezone is missing/, /Asia\/Riyadh/],
  ['an unknown key', replace(/^guards:/m, 'guard:'), /guard is unknown here/, /Did you mean "guards"\?/],
  [
    'an unknown key inside',
    replace(/quietMs:/, 'quiteMs:'),
    /sources\.erp\.options\.quiteMs is unknown here/,
    /Did you mean "quietMs"\?/,
  ],
  [
    'one OTO code twice',
    locations('  - { oto: RUH1, source: erp, erp: [A] }\n  - { oto: RUH1, source: erp, erp: [B] }\n'),
    /locations\[1\]\.oto/,
    /RUH1/,
  ],
  [
    'one ERP code twice',
    locations('  - { oto: RUH1, source: erp, erp: [A] }\n  - { oto: JED1, source: erp, erp: [A] }\n'),
    /locations\[1\]\.erp\[0\] is "A"/,
    /belongs to one OTO location/,
  ],
  ['a wrong cron', replace(/^ {2}stock:\n/m, '  stock:\n    schedule: "61 2 * * *"\n'), /flows\.stock\.schedule/, /61/],
];

test('each mistake: one message with field, line and remedy', async () => {
  const site = await openSite();
  const ended = await Promise.all(
    wrong.map(([, change]) =>
      withFile(site, (text) => change(replace(/refreshToken: .*/, `refreshToken: ${secret}`)(text)), [
        'check',
        '--json',
      ]),
    ),
  );
  for (const [index, [what, , field, remedy]] of wrong.entries()) {
    const one = ended[index];
    if (one === undefined) throw new Error(what);
    expect(one.code, what).toBe(1);
    const { error } = jsonOf<{ error: { code: string; message: string; data: { problems: { line: number }[] } } }>(one);
    expect(error.code, what).toBe('CONFIG_INVALID');
    expect(error.message, what).toMatch(field);
    expect(error.message, what).toMatch(remedy);
    expect(
      error.data.problems.map((problem) => problem.line > 0),
      what,
    ).toEqual([true]);
  }
});

test('all problems at once, as text', async () => {
  const site = await openSite();
  const broken = (text: string) =>
    locations('  - { oto: RUH1, source: epr, erp: [A] }\n')(replace(/timezone: .*\n/, 'timezone: Riyadh\n')(text));
  const { code, stdout, stderr } = await withFile(site, broken, ['sync', 'stock']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/has 2 problems:\n {2}1:\d+ {2}timezone is no IANA time zone .*\n/);
  expect(stderr).toMatch(/locations\[0\]\.source .*\n? *.*"erp"/);
});

test('a location that OTO does not have: check and sync name it and those that there are', async () => {
  const site = await openSite();
  const wrong = locations('  - { oto: RUH9, source: erp, erp: [RUH-MAIN] }\n');
  await site.erp.stock([['A', 'RUH-MAIN', 1]]);
  const checked = await withFile(site, wrong, ['check']);
  expect(checked.code).toBe(1);
  expect(checked.stdout).toMatch(/FAILED +location RUH9 +does not exist in the OTO account/);
  expect(checked.stdout).toContain('DMM1, JED1, OLAYA, RUH1. Correct locations[].oto.');
  const synced = await withFile(site, wrong, ['sync', 'stock', '--json']);
  expect(synced.code).toBe(1);
  expect(jsonOf<object>(synced)).toMatchObject({
    status: 'failed',
    error: {
      code: 'LOCATION_UNKNOWN',
      message: 'The OTO account has no location with the code "RUH9".',
      hint: expect.stringContaining('Correct locations[].oto'),
    },
  });
  expect(site.calls('updateStockQuantity')).toEqual([]);
});

test('a database that does not answer, and one that refuses the password', async () => {
  const site = await openSite();
  const url = new URL(site.url);
  url.password = secret;
  const password = await withFile(site, replace(/url: postgres.*/, `url: ${url.href}`), ['status', '--json']);
  expect(password.code).toBe(1);
  expect(jsonOf<object>(password)).toMatchObject({
    error: {
      code: 'STORE_AUTH',
      place: { path: 'database.url' },
      hint: expect.stringContaining('password in `database.url`'),
    },
  });
  url.port = '1';
  const away = await withFile(site, replace(/url: postgres.*/, `url: ${url.href}`), ['sync', 'stock']);
  expect(away.code).toBe(1);
  expect(away.stderr).toMatch(
    /^Error STORE_UNREACHABLE: The database server at postgres.*127\.0\.0\.1:1.* does not answer/,
  );
  expect(away.stderr).toMatch(/at database\.url\n.*Check host and port/);
});

test("another account's token, and one that OTO refuses: nothing is read or sent", async () => {
  const tokens = ['simulator-refresh-token', secret];
  const site = await openSite({ simulator: { refreshTokens: tokens } });
  site.simulator.seed({ products: [{ sku: 'A' }] });
  await site.erp.stock([['A', 'RUH-MAIN', 1]]);
  await site.run('pull', 'locations');
  const other = replace(/refreshToken: .*/, 'refreshToken: $' + '{OTO_REFRESH_TOKEN}');
  for (const command of [
    ['sync', 'stock'],
    ['plan', 'stock'],
    ['pull', 'stock'],
  ]) {
    const ended = await withFile(site, other, [...command, '--json'], { OTO_REFRESH_TOKEN: secret });
    expect(ended.code).toBe(1);
    expect(jsonOf<object>(ended)).toMatchObject({
      error: {
        code: 'ACCOUNT_OTHER',
        place: { path: 'oto.refreshToken' },
        hint: expect.stringContaining('adopt --account'),
      },
    });
  }
  const refused = await withFile(site, other, ['check'], { OTO_REFRESH_TOKEN: `${secret}-x` });
  expect(refused.code).toBe(1);
  expect(refused.stdout).toMatch(/FAILED +token/);
  expect(refused.stdout).toContain('oto.refreshToken');
  expect(site.calls('updateStockQuantity')).toEqual([]);
});
