import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { proves } from '../../src/http/proof.ts';

const secret = 'c0ffee-c0ffee-c0ffee';
const body = Buffer.from([0, 255, 10, 123]);
const sign = (key: string, bytes: Buffer = body) => `sha256=${createHmac('sha256', key).update(bytes).digest('hex')}`;

test.each<[string, { authorization?: string; signature?: string }, boolean]>([
  ['nothing', {}, false],
  ['the secret as a bearer token', { authorization: `Bearer ${secret}` }, true],
  ['the same, written otherwise', { authorization: `bearer  ${secret}` }, true],
  ['a part of it', { authorization: `Bearer ${secret.slice(1)}` }, false],
  ['the secret under another scheme', { authorization: `Basic ${secret}` }, false],
  ['the secret as a password', { authorization: `Basic ${btoa(`odoo:${secret}`)}` }, true],
  ['the secret as a name', { authorization: `Basic ${btoa(`${secret}:`)}` }, false],
  ['another password', { authorization: `Basic ${btoa('odoo:another')}` }, false],
  ['an empty token', { authorization: 'Bearer ' }, false],
  ['a signature of the bytes', { signature: sign(secret) }, true],
  ['the same in capitals', { signature: sign(secret).toUpperCase() }, true],
  ['a signature of other bytes', { signature: sign(secret, Buffer.from('x')) }, false],
  ['a signature by another key', { signature: sign('another-secret-here') }, false],
  ['a signature without its name', { signature: sign(secret).slice(7) }, false],
  ['an empty signature', { signature: '' }, false],
  ['both', { authorization: `Bearer ${secret}`, signature: sign(secret) }, true],
  ['both, one of them wrong', { authorization: `Bearer ${secret}`, signature: sign('another') }, false],
  ['both, the other wrong', { authorization: 'Bearer wrong', signature: sign(secret) }, false],
])('%s', (_, proof, expected) => {
  expect(proves({ ...proof, body }, secret)).toBe(expected);
  expect(proves({ ...proof, body }, undefined)).toBe(false);
});
