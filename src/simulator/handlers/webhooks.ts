import { type RefusalName, refusal } from '../refusals.ts';
import type { World } from '../state.ts';
import type { Webhook } from '../webhook-book.ts';
import type { Handler, Outcome, ParsedParams } from './handler.ts';

/** What OTO lets an account have. */
const most = 10;

type Definition = Omit<ParsedParams<'putWebhook'>, 'id'>;

export const postWebhook: Handler<'postWebhook'> = (params, { world }) => {
  const { webhooks } = world.state;
  if (webhooks.rows.size >= most) return refuse('webhookLimit');
  if (webhooks.at(params.url) !== undefined) return refuse('webhookUrlTaken');
  const { id } = webhooks.add({ ...definitionOf(params), url: params.url, method: params.method });
  return { body: { success: true, id: String(id), message: 'Webhook has been created' }, effect: { id } };
};

export const getWebhook: Handler<'getWebhook'> = ({ id }, { world }) => {
  const rows = [...world.state.webhooks.rows.values()].filter((row) => id === undefined || row.id === Number(id));
  return { body: { success: true, webhooks: rows.map((row) => shown(world, row)) } };
};

export const putWebhook: Handler<'putWebhook'> = ({ id, ...params }, { world }) => {
  const { webhooks } = world.state;
  const row = webhooks.rows.get(Number(id));
  if (row === undefined) return refuse('webhookId');
  const other = webhooks.at(params.url);
  if (other !== undefined && other !== row) return refuse('webhookUrlTaken');
  Object.assign(row, definitionOf(params, row));
  return { body: { success: true, message: 'Webhook has been updated' }, effect: { id: row.id } };
};

export const deleteWebhook: Handler<'deleteWebhook'> = ({ id }, { world }) => {
  const { rows } = world.state.webhooks;
  if (!rows.delete(Number(id))) return refuse('webhookId');
  return { body: { success: true, message: 'Webhook has been deleted' }, effect: { id: Number(id) } };
};

function refuse(name: RefusalName): Outcome {
  return { refused: refusal(name) };
}

/** What is left out stays as it was; orderStatus is the type where none was given. */
function definitionOf(params: Definition, before?: Webhook): Omit<Webhook, 'id'> {
  const { webhookType, ...rest } = params;
  const type = webhookType === 'walletTransactions' ? 'walletTransaction' : webhookType;
  return { ...rest, webhookType: type ?? before?.webhookType ?? 'orderStatus' };
}

/** As OTO's own example: with the keys in clear. */
function shown({ switches }: World, { webhookType, ...row }: Webhook): Record<string, unknown> {
  const { secretKey = null, authorizationKey = null, timestampFormat = null, orderPrefix = null } = row;
  return {
    ...row,
    secretKey,
    authorizationKey,
    timestampFormat,
    orderPrefix,
    ...(switches.values.webhookListsType && { webhookType }),
  };
}
