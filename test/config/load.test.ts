import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findConfigFile } from '../../src/config/find.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { matchesPattern, patternsOverlap } from '../../src/config/pattern.ts';
import type { Problem } from '../../src/config/problem.ts';
import { type BridgeError, isBridgeError } from '../../src/lib/errors.ts';
import { secret } from '../../src/lib/secret.ts';

const full = {
  name: 'full',
  options: z.strictObject({
    folder: z.string().describe('Where the files are.'),
    port: z.int().default(21),
    password: secret(z.string().min(8)).optional(),
    login: z
      .union([z.strictObject({ token: secret(z.string()) }), z.strictObject({ key: secret(z.string()) })])
      .optional(),
  }),
  supports: {
    read: { products: {}, stock: {}, documents: {} },
    apply: { 'set-packing-status': {}, 'write-stock': {} },
  },
};
const readOnly = { name: 'read-only', options: z.strictObject({}), supports: { read: { stock: {} }, apply: {} } };

const resolveConnector = async (use: string) => {
  if (use === 'full') return full;
  if (use === 'read-only') return readOnly;
  throw new Error(`There is no connector "${use}".`);
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oto-bridge-config-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const env = { OTO_REFRESH_TOKEN: 'refresh-token-value' };
const good = `timezone: Asia/Riyadh
oto: { environment: production, refreshToken: \${OTO_REFRESH_TOKEN} }
sources:
  erp: { connector: full, options: { folder: ./erp } }
locations:
  - { oto: RUH1, source: erp, erp: ["RUH-*"] }
  - { oto: JED1, source: erp, erp: [JED] }
flows:
  stock: { from: erp, schedule: "0 2 * * *" }
`;

let count = 0;
async function load(text: string, environment: Record<string, string | undefined> = env): Promise<LoadedConfig> {
  const file = join(folder, `${++count}.yaml`);
  await writeFile(file, text);
  return loadConfig(file, { env: environment, resolveConnector });
}

async function failure(text: string, environment?: Record<string, string | undefined>): Promise<BridgeError> {
  try {
    await load(text, environment);
  } catch (error) {
    if (isBridgeError(error)) return error;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

async function problems(text: string, environment?: Record<string, string | undefined>): Promise<Problem[]> {
  const error = await failure(text, environment);
  expect(error.code).toBe('CONFIG_INVALID');
  return error.data?.problems as Problem[];
}

describe('loadConfig', () => {
  it('gives the whole configuration with its defaults', async () => {
    const loaded = await load(good);
    expect(loaded.config.oto).toMatchObject({ requestsPerSecond: 5, concurrency: 8 });
    expect(loaded.baseUrl).toBe('https://api.tryoto.com/rest/v2/');
    expect(loaded.baseDir).toBe(folder);
    expect(loaded.dataDir).toBe(join(folder, '.oto-bridge'));
    expect(loaded.secrets).toEqual(['refresh-token-value']);
    expect(loaded.connectors.get('erp')).toEqual({ definition: full, options: { folder: './erp', port: 21 } });
    const staging = await load(good.replace('production', 'staging'));
    expect(staging.baseUrl).toBe('https://staging-api.tryoto.com/rest/v2/');
    expect(staging.fingerprint.mapping).toBe(loaded.fingerprint.mapping);
    expect((await load(good.replace('[JED]', '[JED2]'))).fingerprint.mapping).not.toBe(loaded.fingerprint.mapping);
  });

  it('cannot be changed afterwards', async () => {
    const loaded = await load(good);
    const { config, connectors } = loaded as unknown as {
      config: { locations: { erp: string[] }[] };
      connectors: Map<string, unknown>;
    };
    expect(() => config.locations[0]?.erp.push('X')).toThrow(TypeError);
    expect(() => connectors.set('x', 1)).toThrow(TypeError);
    expect(() => connectors.delete('erp')).toThrow(TypeError);
    expect(() => Object.assign(loaded, { baseUrl: 'x' })).toThrow(TypeError);
    expect(() => Object.assign(connectors.get('erp') as object, { options: {} })).toThrow(TypeError);
    const unfrozen: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) unfrozen.push(path);
      for (const [key, item] of Object.entries(value)) visit(item, `${path}.${key}`);
    };
    visit(loaded.config, 'config');
    visit(loaded.fingerprint, 'fingerprint');
    visit(loaded.connectors.get('erp')?.options, 'options');
    expect(unfrozen).toEqual([]);
  });

  it('replaces ${ENV} anywhere, makes numbers and switches of it where they are wanted, and keeps $${', async () => {
    const text = good
      .replace('./erp', '"a/${SUB}/$$${X}/b", port: ${PORT}, password: ${PASSWORD}')
      .replace('schedule: "0 2 * * *"', 'enabled: ${ON}')
      .concat('http: { port: ${HTTP_PORT} }\ndatabase:\n  url: ${DB}\n');
    const { config, connectors, secrets } = await load(text, {
      ...env,
      SUB: 'x{y}',
      PORT: '2222',
      PASSWORD: '1234567890',
      ON: 'false',
      HTTP_PORT: '9090',
      DB: 'postgres://u:p@h/d',
    });
    expect(connectors.get('erp')?.options).toEqual({ folder: 'a/x{y}/${X}/b', port: 2222, password: '1234567890' });
    expect(config.http.port).toBe(9090);
    expect(config.flows.stock?.enabled).toBe(false);
    expect(secrets).toEqual(expect.arrayContaining(['refresh-token-value', 'postgres://u:p@h/d', '1234567890']));
  });

  it('reports problems of every kind at once, each with its place', async () => {
    const found = await problems(`oto: { environment: production, concurency: 3, refreshToken: \${NOT_SET} }
sources:
  erp: { connector: full, options: { folder: 7, portt: 1 } }
locations:
  - { oto: RUH1, source: epr, erp: [RUH] }
  - { oto: RUH1, source: erp, erp: [JED], stock: ert }
flows:
  stock: { from: erp, schedule: "0 2 * *" }
`);
    expect(found.map(({ path, line }) => [path, line])).toEqual([
      ['timezone', 1],
      ['oto.concurency', 1],
      ['oto.refreshToken', 1],
      ['sources.erp.options.folder', 3],
      ['sources.erp.options.portt', 3],
      ['locations[0].source', 5],
      ['locations[1].oto', 6],
      ['locations[1].stock', 6],
      ['flows.stock.schedule', 8],
    ]);
    for (const problem of found) expect(problem.hint, problem.path).toBeTruthy();
  });

  const cases: [what: string, change: (text: string) => string, path: string, message: RegExp, hint: RegExp][] = [
    ['no time zone', (t) => t.replace(/timezone.*\n/, ''), 'timezone', /is missing/, /Asia\/Riyadh/],
    ['a wrong time zone', (t) => t.replace('Asia/Riyadh', 'Asia/Riad'), 'timezone', /no IANA time zone/, /Riyadh/],
    ['an unknown key', (t) => t.replace('schedule:', 'shedule:'), 'flows.stock.shedule', /unknown here/, /"schedule"/],
    ['an unknown key at the top', (t) => `${t}flow: {}\n`, 'flow', /unknown here/, /"flows"/],
    [
      'a wrong choice',
      (t) => t.replace('environment: production', 'environment: prod'),
      'oto.environment',
      /one of: production/,
      /./,
    ],
    [
      'a wrong type',
      (t) => t.replace('schedule: "0 2 * * *"', 'enabled: often'),
      'flows.stock.enabled',
      /true or false, not a text/,
      /Off/,
    ],
    [
      'a number outside its limits',
      (t) => `${t}guards: { zeroShare: 1.5 }\n`,
      'guards.zeroShare',
      /at most 1/,
      /Share/,
    ],
    [
      'a number for a code',
      (t) => t.replace('[JED]', '[0012]'),
      'locations[1].erp[0]',
      /a text, not a number/,
      /quotes/,
    ],
    ['an empty group', (t) => `${t}guards:\n`, 'guards', /is empty/, /Leave the key out/],
    ['an OTO code twice', (t) => t.replace('JED1', 'RUH1'), 'locations[1].oto', /locations\[0\] maps already/, /once/],
    [
      'an ERP code twice',
      (t) => t.replace('RUH-*', 'JED'),
      'locations[1].erp[0]',
      /locations\[0\] maps already/,
      /counted twice/,
    ],
    [
      'an ERP code under a pattern',
      (t) => t.replace('JED]', 'RUH-2]'),
      'locations[1].erp[0]',
      /overlaps with "RUH-\*"/,
      /counted twice/,
    ],
    [
      'an ERP code ignored and mapped',
      (t) => `${t}ignoreLocations: [{ source: erp, erp: [JED] }]\n`,
      'ignoreLocations[0].erp[0]',
      /locations\[1\] maps/,
      /./,
    ],
    [
      'a location of no source',
      (t) => t.replace('JED1, source: erp', 'JED1, source: epr'),
      'locations[1].source',
      /"epr"/,
      /"erp"/,
    ],
    [
      'an ignored location of no source',
      (t) => `${t}ignoreLocations: [{ source: x, erp: [A] }]\n`,
      'ignoreLocations[0].source',
      /"x"/,
      /erp/,
    ],
    ['a flow of no source', (t) => t.replace('from: erp', 'from: erpp'), 'flows.stock.from', /"erpp"/, /"erp"/],
    [
      'a cron of four fields',
      (t) => t.replace('0 2 * * *', '0 2 * *'),
      'flows.stock.schedule',
      /has 4 fields/,
      /Five fields/,
    ],
    ['a cron out of range', (t) => t.replace('0 2 * * *', '61 2 * * *'), 'flows.stock.schedule', /0-59/, /Five fields/],
    [
      'a cron that the scheduler does not know',
      (t) => t.replace('0 2 * * *', '0 2 L * *'),
      'flows.stock.schedule',
      /"L"/,
      /Five fields/,
    ],
    [
      'a flow that the connector cannot read',
      (t) => t.replace('full, options: { folder: ./erp }', 'read-only').replace('stock: {', 'products: {'),
      'flows.products.from',
      /cannot read products/,
      /leave flows\.products out/,
    ],
    [
      'a flow that the connector cannot write',
      (t) =>
        t
          .replace('full, options: { folder: ./erp }', 'read-only')
          .replace('stock: { from: erp,', 'stock-back: { to: erp,'),
      'flows.stock-back.to',
      /cannot take write-stock/,
      /leave/,
    ],
    [
      'a note that the connector cannot write',
      (t) => t.replace('stock: {', 'documents: { startFrom: 2026-11-20, note: true,'),
      'flows.documents.from',
      /cannot take note-document/,
      /leave flows\.documents\.note out/,
    ],
    [
      'a flow that no location is mapped for',
      (t) => t.replaceAll('source: erp,', 'source: erp, stock: off,'),
      'flows.stock.from',
      /no location has source: erp and stock: erp/,
      /never do anything/,
    ],
    [
      'a simulator without address',
      (t) => t.replace('production', 'simulator'),
      'oto.baseUrl',
      /is missing/,
      /127\.0\.0\.1/,
    ],
    [
      'http to OTO',
      (t) => t.replace('production,', 'production, baseUrl: "http://oto.example.com/",'),
      'oto.baseUrl',
      /https/,
      /token/,
    ],
    [
      'no address',
      (t) => t.replace('production,', 'simulator, baseUrl: 127,'),
      'oto.baseUrl',
      /a text, not a number/,
      /./,
    ],
    [
      "the other environment's address",
      (t) => t.replace('production,', 'production, baseUrl: "https://staging-api.tryoto.com/rest/v2",'),
      'oto.baseUrl',
      /address of staging/,
      /one environment/,
    ],
    [
      'a lease below the timeout',
      (t) => `${t}push: { leaseSeconds: 30 }\n`,
      'push.leaseSeconds',
      /must exceed oto\.timeoutSeconds/,
      /60/,
    ],
    [
      'a server that others reach without TLS',
      (t) => `${t}http: { host: 0.0.0.0 }\n`,
      'http.host',
      /others can reach without TLS/,
      /http\.tls .* http\.trustProxy/,
    ],
    [
      'a proxy that is no address',
      (t) => `${t}http: { host: 0.0.0.0, trustProxy: [nginx] }\n`,
      'http.trustProxy[0]',
      /is no address, and no range/,
      /./,
    ],
    [
      'a secret that can be guessed',
      (t) => `${t}hooks: { erp: { secret: short } }\n`,
      'hooks.erp.secret',
      /at least 16 characters/,
      /./,
    ],
    [
      'a hook of no source',
      (t) => `${t}hooks: { erq: { secret: 0123456789abcdefg } }\n`,
      'hooks.erq',
      /names no source/,
      /Did you mean "erp"/,
    ],
    [
      'a hook that wakes nothing',
      (t) =>
        t
          .replace('stock: { from: erp, schedule', 'stock-back: { to: erp, schedule')
          .concat('hooks: { erp: { secret: 0123456789abcdefg } }\n'),
      'hooks.erp',
      /no flow reads from "erp"/,
      /flows\.stock/,
    ],
    [
      'hooks without a server',
      (t) => `${t}http: { enabled: false }\nhooks: { erp: { secret: 0123456789abcdefg } }\n`,
      'hooks',
      /http\.enabled: false/,
      /out/,
    ],
    [
      'documents without startFrom',
      (t) => t.replace('stock: {', 'documents: {'),
      'flows.documents.startFrom',
      /is missing/,
      /whole history/,
    ],
    [
      'a wrong date',
      (t) => t.replace('stock: {', 'documents: { startFrom: 20/11/2026,'),
      'flows.documents.startFrom',
      /YYYY-MM-DD/,
      /./,
    ],
    [
      'a database that is no PostgreSQL',
      (t) => `${t}database: { url: "mysql://x" }\n`,
      'database.url',
      /postgres:\/\//,
      /DATABASE_URL/,
    ],
    [
      'a missing variable',
      (t) => t.replace('OTO_REFRESH_TOKEN', 'OTHER'),
      'oto.refreshToken',
      /variable OTHER, which is not set/,
      /Set OTHER/,
    ],
    [
      'a reference that never ends',
      (t) => t.replace('./erp', '"${X"'),
      'sources.erp.options.folder',
      /without the name/,
      /\$\$\{/,
    ],
    ['an unknown connector', (t) => t.replace('full', 'fully'), 'sources.erp.connector', /no connector "fully"/, /./],
    [
      'a wrong connector option',
      (t) => t.replace('./erp', '[]'),
      'sources.erp.options.folder',
      /a text, not a list/,
      /Where the files are/,
    ],
    ['a name that is not kebab-case', (t) => t.replaceAll(/erp(?=[:,])/g, 'ERP'), 'sources.ERP', /kebab-case/, /./],
    [
      'no location',
      (t) => t.replace(/locations:[\s\S]*flows/, 'locations: []\nflows'),
      'locations',
      /lists no location/,
      /each warehouse/,
    ],
  ];
  it.each(cases)('reports %s', async (_what, change, path, message, hint) => {
    const text = change(good);
    expect(text).not.toBe(good);
    const found = (await problems(text)).filter((problem) => problem.path === path);
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toMatch(message);
    if (!hint.test('x')) expect(found[0]?.hint).toMatch(hint);
    expect(text.split('\n').length).toBeGreaterThanOrEqual(found[0]?.line ?? Number.POSITIVE_INFINITY);
  });

  it('reports one problem for one fault', async () => {
    for (const [what, change, path] of cases) {
      // A source that cannot be used or is not named rightly is missed by those that name it.
      if (/kebab-case|no location/.test(what)) continue;
      expect(
        (await problems(change(good))).map((problem) => problem.path),
        what,
      ).toEqual([path]);
    }
  });

  it('lists line, path, value, what is wrong and the remedy in the message', async () => {
    const error = await failure(good.replace('production', 'prodution'));
    expect(error.message).toMatch(/one problem/);
    expect(error.message).toContain(
      '2:21  oto.environment must be one of: production, staging, simulator (it is "prodution")',
    );
    expect(error.message).toContain('Did you mean "production"?');
    expect(error.hint).toContain('oto-bridge check');
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      code: 'CONFIG_INVALID',
      recovery: 'fix-config',
      data: { problems: [{ line: 2, column: 21 }] },
    });
  });

  it.each([
    'host: "::1"',
    'host: localhost',
    'host: 0.0.0.0, enabled: false',
    'host: 0.0.0.0, trustProxy: true',
    'host: 0.0.0.0, trustProxy: [10.0.0.0/8, "::1"]',
    'host: 0.0.0.0, tls: { cert: c.pem, key: k.pem }',
  ])('takes a server with %s', async (http) => {
    expect((await load(`${good}http: { ${http} }\n`)).config.http.port).toBe(8080);
  });

  it('takes http for a loopback address and an address without its last slash', async () => {
    const loaded = await load(good.replace('production,', 'simulator, baseUrl: "http://127.0.0.1:4010/rest/v2",'));
    expect(loaded.baseUrl).toBe('http://127.0.0.1:4010/rest/v2/');
    await load(good.replace('production,', 'staging, baseUrl: "http://localhost:1/",'));
  });

  it('reports broken YAML with its place and few echoes', async () => {
    const found = await problems('oto: {\n  a: [\n\tb: @x\n');
    expect(found.length).toBeLessThanOrEqual(3);
    expect(found[0]?.message).toContain('no valid YAML');
    expect((await problems(good.replace('timezone: Asia/Riyadh', 'timezone: a\ntimezone: b')))[0]).toMatchObject({
      line: 2,
    });
    const cron = 'flows:\n  stock:\n    schedule: */15 * * * *\n';
    expect((await problems(cron))[0]).toMatchObject({ line: 3, hint: expect.stringContaining('"*/15 * * * *"') });
    expect((await problems('')).map(({ path }) => path)).toEqual(
      expect.arrayContaining(['timezone', 'oto', 'sources', 'locations', 'flows']),
    );
    expect((await problems('- just\n- a list\n'))[0]?.message).toContain('must be a group of keys, not a list');
  });

  it('survives anchors that contain themselves', async () => {
    expect((await problems(`${good}guards: &a { zeroShare: *a }\n`)).length).toBeGreaterThan(0);
  });
});

describe('secrets', () => {
  const value = fc
    .string({ unit: fc.constantFrom(...'abcXYZ0189/+=_-.~!#%&*@:'), minLength: 8, maxLength: 30 })
    .map((text) => `Q7${text}`);

  /** Every place where a secret belongs, each beside a fault, and places where a secret lands by mistake. */
  const places: [string, (secret: string) => string][] = [
    ['oto.refreshToken', (s) => good.replace('${OTO_REFRESH_TOKEN}', `${s}, concurrency: -1`)],
    ['database.url', (s) => `${good}database: { url: ${s} }\n`],
    ['database.url as an address', (s) => `${good}database: { url: ${s}, schema: "A B" }\n`],
    ['a connector option', (s) => good.replace('./erp', `./erp, password: ${s}, port: x`)],
    ['a secret in a union', (s) => good.replace('./erp', `./erp, login: { token: ${s}, user: x }`)],
    ['a secret of a wrong type', (s) => good.replace('./erp', `./erp, login: ${s}`)],
    ['an unknown key', (s) => good.replace('./erp', `./erp, passwort: ${s}`)],
    ['an unknown group', (s) => `${good}secrets: { token: ${s} }\n`],
    [
      'an option of an unknown connector',
      (s) => good.replace('full', 'nope').replace('./erp', `./erp, password: ${s}`),
    ],
    ['instead of a group', (s) => good.replace(/oto: .*\n/, `oto: ${s}\n`)],
    ['instead of a list', (s) => good.replace(/locations:\n.*\n.*\n/, `locations: ${s}\n`)],
  ];

  it.each(places)('are never in the error: %s', async (_where, write) => {
    await fc.assert(
      fc.asyncProperty(value, async (secretValue) => {
        for (const [written, environment] of [
          [JSON.stringify(secretValue), env],
          ['${S}', { ...env, S: secretValue }],
          ['"pre-${S}"', { ...env, S: secretValue }],
        ] as const) {
          const error = await failure(write(written), environment);
          const output = `${error.message}\n${error.stack}\n${error.hint}\n${JSON.stringify(error)}`;
          expect(output).not.toContain(secretValue);
          expect(output).not.toContain(JSON.stringify(secretValue).slice(1, -1));
        }
      }),
      { numRuns: 15 },
    );
  });

  it('are not quoted by errors of syntax', async () => {
    for (const text of [
      'refreshToken: *Q7secret',
      'refreshToken: !Q7secret x',
      'refreshToken: "Q7secret',
      'refreshToken: @Q7secret',
      'a: "\\Q7secret"',
      'a: ]Q7secret',
      'a: b: Q7secret',
    ]) {
      const error = await failure(`${text}\n`);
      expect(`${error.message}${JSON.stringify(error)}`, text).not.toContain('Q7secret');
    }
  });
});

describe('finding the file', () => {
  it('takes --config, then the variable, then the usual places', async () => {
    const cwd = join(folder, 'cwd');
    await mkdir(join(cwd, 'config'), { recursive: true });
    expect(() => findConfigFile({ env: {}, cwd })).toThrow(/no configuration file/);
    await writeFile(join(cwd, 'oto-bridge.yaml'), '');
    expect(findConfigFile({ env: {}, cwd })).toBe(join(cwd, 'oto-bridge.yaml'));
    await writeFile(join(cwd, 'config/oto-bridge.yaml'), '');
    expect(findConfigFile({ env: {}, cwd })).toBe(join(cwd, 'config/oto-bridge.yaml'));
    expect(findConfigFile({ env: { OTO_BRIDGE_CONFIG: 'a.yaml' }, cwd })).toBe(join(cwd, 'a.yaml'));
    expect(findConfigFile({ config: 'b.yaml', env: { OTO_BRIDGE_CONFIG: 'a.yaml' }, cwd })).toBe(join(cwd, 'b.yaml'));
  });

  it('says what is wrong with a file that cannot be read', async () => {
    await expect(loadConfig(join(folder, 'none.yaml'), { env, resolveConnector })).rejects.toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: expect.stringContaining('none.yaml does not exist'),
      hint: expect.stringContaining('--config'),
    });
    await expect(loadConfig(folder, { env, resolveConnector })).rejects.toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: expect.stringContaining('is a folder'),
    });
  });
});

describe('location patterns', () => {
  const code = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 6 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 });
  const reference = (p: string) => new RegExp(`^${p.replaceAll('*', '.*')}$`);

  it('match as the star says', () => {
    fc.assert(
      fc.property(pattern, code, (p, c) => {
        expect(matchesPattern(p, c)).toBe(reference(p).test(c));
      }),
      { numRuns: 1000 },
    );
  });

  it('overlap whenever one code fits both', () => {
    fc.assert(
      fc.property(pattern, pattern, code, (a, b, c) => {
        if (matchesPattern(a, c) && matchesPattern(b, c)) expect(patternsOverlap(a, b)).toBe(true);
        expect(patternsOverlap(a, c)).toBe(matchesPattern(a, c));
      }),
      { numRuns: 1000 },
    );
    expect(patternsOverlap('a*', 'b*')).toBe(false);
    expect(patternsOverlap('a*x', 'a*y')).toBe(false);
    expect(patternsOverlap('a*', '*b')).toBe(true);
  });
});
