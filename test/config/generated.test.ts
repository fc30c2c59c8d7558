import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateAll } from '../../src/config/generate.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { bare } from '../../src/config/walk.ts';
import { loadDefinition } from '../../src/connector/registry.ts';

const root = join(import.meta.dirname, '../..');
const file = (path: string) => readFileSync(join(root, path), 'utf8');
const env = {
  OTO_REFRESH_TOKEN: 'a-refresh-token',
  DATABASE_URL: 'postgres://bridge:password@localhost:5432/bridge',
  ALERT_URL: 'https://alerts.example.com/hook/7c1f0a',
  ALERT_TOKEN: 'Bearer 5a3e',
  METRICS_TOKEN: 'b1a07c55e0d94f21',
  ERP_HOOK_SECRET: 'f2b6d0c4a98e4d17',
  OTO_WEBHOOK_AUTHORIZATION: 'c41d8f0e6b7a2935',
  OTO_WEBHOOK_SECRET: '90ab3cf1d27e5846',
  PROXY_URL: 'http://proxy.example.com:3128',
  CA_FILE: join(root, 'test/support/tls/authority.pem'),
};

let generated: Map<string, string>;
beforeAll(async () => {
  generated = await generateAll();
});

describe('generated files', () => {
  it.each([
    'config/example.yaml',
    'config/schema.json',
    'docs/configuration.md',
    'docs/odoo.md',
    'docs/errors.md',
    'docs/oto-openapi.yaml',
    'src/cli/connector-template/src/index.js',
    'src/cli/connector-template/test/fake.js',
    'src/cli/connector-template/test/contract.test.js',
  ])('%s is what `npm run generate` writes', (path) => {
    expect(file(path)).toBe(generated.get(path));
  });

  it('are all of them compared', () => {
    expect([...generated.keys()]).toEqual([
      'config/example.yaml',
      'config/schema.json',
      'docs/configuration.md',
      'docs/odoo.md',
      'docs/errors.md',
      'docs/oto-openapi.yaml',
      'src/cli/connector-template/src/index.js',
      'src/cli/connector-template/test/fake.js',
      'src/cli/connector-template/test/contract.test.js',
    ]);
  });
});

describe('config/example.yaml', () => {
  it('is a valid configuration', async () => {
    const { config, connectors } = await loadConfig(join(root, 'config/example.yaml'), {
      env,
      resolveConnector: loadDefinition,
    });
    expect(config.timezone).toBe('Asia/Riyadh');
    expect(connectors.get('erp')?.definition.name).toBe('csv');
  });

  it('shows every option with a description', async () => {
    const { config } = await loadConfig(join(root, 'config/example.yaml'), { env, resolveConnector: loadDefinition });
    const missing: string[] = [];
    const undescribed: string[] = [];
    const visit = (schema: ReturnType<typeof bare>, value: unknown, path: string): void => {
      const node = bare(schema);
      if (node.element !== undefined && node.element !== null)
        visit(bare(node.element), (value as unknown[])[0], `${path}[]`);
      for (const [key, field] of Object.entries(node.shape ?? {})) {
        const at = `${path}.${key}`;
        const inner = (value as Record<string, unknown> | undefined)?.[key];
        if (inner === undefined) missing.push(at);
        if (field.description === undefined && bare(field).description === undefined) undescribed.push(at);
        visit(bare(field), inner, at);
      }
      if (node.valueType !== undefined && bare(node.valueType).shape !== undefined) {
        visit(bare(node.valueType), Object.values(value as object)[0], `${path}.<name>`);
      }
    };
    visit(bare(configSchema), config, '');
    expect(missing).toEqual([]);
    expect(undescribed).toEqual([]);
    expect(file('docs/configuration.md')).toContain('`locations[].missing`');
  });
});
