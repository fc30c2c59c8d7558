import { describe, test } from 'vitest';
import odoo from '../../connectors/odoo/index.ts';
import { connectorTests } from '../../src/kit/index.ts';
import { startOdoo } from '../connectors/odoo/fake/kit.ts';

describe('Odoo 19, /json/2', () => {
  connectorTests({ test, definition: odoo, startFake: () => startOdoo(19) });
});

describe('Odoo 14, /jsonrpc', () => {
  connectorTests({ test, definition: odoo, startFake: () => startOdoo(14) });
});
