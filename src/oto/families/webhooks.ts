import { z } from 'zod';
import { secret } from '../../lib/secret.ts';
import {
  envelope,
  givenId,
  idText,
  looseSecret,
  looseText,
  optional,
  plainAnswer,
  required,
  requiredText,
} from '../fields.ts';
import { get, post, read, write } from '../row.ts';

/** Registration of webhooks; `webhook-signature.ts` checks what they bring. Sources: OTO's API pages and its article on webhooks; (2026): its collection of July 2026 only. */

const key = z.string().max(255, 'must have at most 255 characters');

const definition = {
  method: required(z.string().regex(/^(post|put)$/i, 'must be POST or PUT'), 'Text: POST or PUT; examples send post.'),
  url: required(requiredText, 'Text. Address that is called; once in a company (OTO1122).'),
  secretKey: secret(optional(key, 'Text of at most 255 characters (OTO1124). Key of the signature.')),
  authorizationKey: secret(
    optional(key, 'Text of at most 255 characters (OTO1123). Sent in the header Authorization of each call.'),
  ),
  timestampFormat: optional(
    z.string(),
    'Text. Pattern such as yyyy-MM-dd HH:mm:ss; without it milliseconds since the epoch.',
  ),
  orderPrefix: optional(z.string(), 'Text. Taken off the order ids before they are sent.'),
  webhookType: optional(
    z.enum(['orderStatus', 'shipmentError', 'newOrders', 'walletTransaction', 'walletTransactions']),
    'Text; orderStatus by default. The last one is (2026), spelt in two ways.',
  ),
};

export const postWebhookRequest = z.strictObject(definition);
export const postWebhookResponse = z.looseObject({ ...envelope, id: idText.optional(), message: looseText });

export const getWebhookRequest = z.strictObject({ id: optional(givenId, 'Text. One webhook; without it all.') });
/** The keys come back in clear. */
export const getWebhookResponse = z.looseObject({
  ...envelope,
  webhooks: z.array(
    z.looseObject({
      id: idText.optional(),
      method: looseText,
      url: looseText,
      secretKey: looseSecret,
      authorizationKey: looseSecret,
      timestampFormat: looseText,
      orderPrefix: looseText,
      /** Missing in OTO's example. */
      webhookType: looseText,
    }),
  ),
});

const id = required(givenId, 'Text; the example sends a number. Missing: OTO1125.');
export const putWebhookRequest = z.strictObject({ id, ...definition });
export const deleteWebhookRequest = z.strictObject({ id });

const webhooks = { family: 'webhooks', plan: 'all; Starter and up in older documents' } as const;

export const webhookRows = {
  postWebhook: {
    ...post,
    path: '/webhook',
    ...write,
    // OTO1122 says that the address is registered.
    lostAnswer: 'look',
    ...webhooks,
    summary: 'Registers a webhook; an account has at most 10 (OTO1120).',
    request: postWebhookRequest,
    response: postWebhookResponse,
  },
  getWebhook: {
    ...get,
    path: '/webhook',
    ...read,
    ...webhooks,
    confidential: true,
    summary: 'Registered webhooks, with their keys in clear.',
    request: getWebhookRequest,
    response: getWebhookResponse,
  },
  putWebhook: {
    method: 'PUT',
    params: 'body',
    path: '/webhook',
    ...write,
    lostAnswer: 'resend-if-unchanged',
    ...webhooks,
    summary: 'Changes a webhook.',
    request: putWebhookRequest,
    response: plainAnswer,
  },
  deleteWebhook: {
    method: 'DELETE',
    params: 'query',
    path: '/webhook',
    ...write,
    lostAnswer: 'resend-if-unchanged',
    ...webhooks,
    summary: 'Removes a webhook.',
    request: deleteWebhookRequest,
    response: plainAnswer,
  },
} as const;
