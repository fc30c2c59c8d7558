/** A connector whose author was careless: its token is in whatever it throws, logs and sends back. */

import { z } from 'zod';
import {
  BridgeError,
  type Connector,
  connectorErrors,
  defineConnector,
  type Manifest,
  type Page,
  secret,
} from '../../src/connector/index.ts';

export default defineConnector({
  name: 'leaky',
  apiVersion: 1,
  title: 'Leaky',
  summary: 'Leaks its token wherever it can.',
  options: z.strictObject({
    token: secret(z.string()).describe('Token.'),
    nested: z.array(z.strictObject({ pin: secret(z.string()).describe('PIN.') }).describe('One.')).describe('More.'),
    leak: z.enum(['open', 'read', 'throw-text']).describe('Where.'),
  }),
  example: { token: 'x', nested: [], leak: 'read' },
  supports: {
    read: { products: { mode: 'full', deletes: 'never' } },
    apply: { 'write-stock': { idempotent: true } },
  },
  checkpointVersion: 1,
  async open({ options, log }): Promise<Connector> {
    const { token, nested, leak } = options;
    const pin = nested[0]?.pin ?? '';
    const cause = new Error(`GET https://erp.test/?key=${encodeURIComponent(token)} with ${pin}`);
    const leaking = (): Error => {
      log.error(
        { err: new Error(`refused ${token}`, { cause }), [token]: 1, auth: `Basic ${btoa(`u:${pin}`)}` },
        `token ${token}`,
      );
      return new Error(`the ERP refused ${token}, pin ${pin}, ${Buffer.from(token).toString('base64')}`, { cause });
    };
    if (leak === 'open') throw leaking();
    async function* products(): AsyncGenerator<Page<'products'> | Manifest> {
      yield { changes: [{ op: 'reject', key: 'A', reason: 'no name' }], checkpoint: null };
      if (leak === 'throw-text') throw `the ERP refused ${token}`;
      throw leaking();
    }
    const refused = (): BridgeError =>
      new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
        message: `the ERP refused ${token}`,
        hint: `Is ${pin} right?`,
        place: { value: token },
        data: { url: `https://u:${token}@erp.test` },
        cause,
      });
    return {
      check: () => Promise.reject(leaking()),
      read: { products },
      apply: () => Promise.reject(refused()),
      async [Symbol.asyncDispose]() {},
    };
  },
});
