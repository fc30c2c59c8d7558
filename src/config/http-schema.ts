import { isIP } from 'node:net';
import { z } from 'zod';
import { secret } from '../lib/secret.ts';
import { station } from './station-schema.ts';

const longSecret = secret(
  z.string().min(16, 'must have at least 16 characters, or it could be guessed: `openssl rand -hex 32` makes one'),
);

const proxyAddress = z.string().refine(isAddressOrRange, 'is no address, and no range such as 10.0.0.0/8');

function isAddressOrRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** The server of `oto-bridge run`. docs/http.md describes what it answers. */
export const http = z.strictObject({
  enabled: z.boolean().default(true).describe('Off: the worker listens nowhere. Nobody can ask for its health then.'),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      'Address to listen on. One that others can reach needs `tls` or `trustProxy`. docs/http.md says what is seen there.',
    ),
  port: z.int().min(0).max(65535).default(8080).describe('Port to listen on; 0 takes a free one, which the log names.'),
  tls: z
    .strictObject({
      cert: z
        .string()
        .min(1)
        .describe('PEM file with the certificate, and those between it and the authority. Relative to this file.'),
      key: z.string().min(1).describe('PEM file with its private key. Relative to this file.'),
    })
    .optional()
    .describe('Answer over HTTPS, and only so.'),
  trustProxy: z
    .union([z.boolean(), z.array(proxyAddress).min(1)])
    .default(false)
    .describe(
      'Addresses of the proxies that end TLS in front of this server: what they say of the caller (`X-Forwarded-For`) is believed. `true`: whoever reaches the port is one.',
    ),
  metricsToken: longSecret
    .optional()
    .describe(
      'Who reads `/metrics` must send it as `Authorization: Bearer …`. Without it anybody who reaches the port may.',
    ),
  station: station.prefault({}).describe('The page for the warehouse at `/station`. docs/station.md describes it.'),
});

/** Who may say that a source has something new. */
export const hook = z.strictObject({
  secret: longSecret.describe(
    'What the ERP proves itself with: as a bearer token, or as the key of a signature. Give it as ${ERP_HOOK_SECRET}.',
  ),
  everySeconds: z
    .number()
    .min(0)
    .default(5)
    .describe('From the start of a read until hints may start the next one of that flow: they cannot hammer the ERP.'),
});

/** What OTO calls for. */
export const webhookTypes = ['newOrders', 'orderStatus', 'shipmentError', 'walletTransaction'] as const;

/** At most what OTO takes (OTO1123, OTO1124), and what fits into a header. */
const webhookKey = secret(
  longSecret.refine(
    (key) => /^[\x21-\x7e]{0,255}$/.test(key),
    'must have at most 255 characters, without spaces and without letters beyond ASCII',
  ),
);

/** What OTO tells by itself. docs/webhooks.md describes it. */
export const webhooks = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'must be an address that begins with https:// or http://' })
    .describe(
      'Address under which OTO reaches this worker, such as `https://bridge.example.com`. `oto-bridge webhooks register` gives it to OTO, with `/webhooks/oto/<type>` behind it.',
    ),
  authorizationKey: webhookKey.describe(
    'What OTO sends in the header `Authorization` of each call. Give it as ${OTO_WEBHOOK_AUTHORIZATION}.',
  ),
  secretKey: webhookKey.describe('Key of the signature in each call. Give it as ${OTO_WEBHOOK_SECRET}.'),
  method: z.enum(['POST', 'PUT']).default('POST').describe('How OTO is to call. Both are taken.'),
  types: z
    .array(z.enum(webhookTypes))
    .min(1)
    .default([...webhookTypes])
    .describe('What OTO is asked to tell: each takes one of the ten webhooks that an account may have.'),
  unsigned: z
    .array(z.enum(webhookTypes))
    .default(['newOrders'])
    .describe(
      'Types that are taken without a signature, by their authorization key alone. OTO shows none for newOrders. A signature that is there has to be right.',
    ),
  lateDays: z
    .number()
    .positive()
    .default(3)
    .describe('An event that is older when it comes is marked as late. It is looked up all the same.'),
});
