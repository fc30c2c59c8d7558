import { accountRefusals, fieldRefusals, orderRefusals } from './refusal-table.ts';
import type { SwitchValues } from './switches.ts';

/** A refusal in OTO's name. A refused call has had no effect. `old` is the small number of the first generation; it is not unique. */
export interface Refusal {
  readonly status: number;
  readonly old: number;
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  /** Fixed where a capture or a switch fixes it; else the switch errorForm decides. */
  readonly form?: ErrorForm | undefined;
}

export type ErrorForm = SwitchValues['errorForm'];

/** Code, old number, HTTP status. Numbers that no capture shows are 1; statuses follow the nearest captured answer. */
const table = {
  badJson: ['OTO1075', 1, 400, 'The request body is not valid JSON'],
  generic: ['OTO1009', 99, 400, 'Something went wrong, a field has a wrong type or is not known'],
  orderId: ['OTO1001', 1, 400, 'orderId is missing or invalid'],
  orderUnknown: ['OTO1002', 5, 400, 'orderId does not exist'],
  orderExists: ['OTO1063', 1, 400, 'An order with this id already exists'],
  pickupLocation: ['OTO1070', 5, 400, 'pickupLocationCode is missing or invalid'],
  items: ['OTO1074', 1, 400, 'items is missing or invalid'],
  refreshToken: ['OTO1083', 1, 400, 'A valid refresh_token is required'],
  orderStatus: ['OTO1103', 6, 400, 'The status of the order does not allow this action'],
  webhookLimit: ['OTO1120', 1, 409, 'There cannot be more than 10 webhooks'],
  webhookUrl: ['OTO1121', 1, 400, 'url and method are required'],
  webhookUrlTaken: ['OTO1122', 1, 409, 'This url is registered already'],
  authorizationKey: ['OTO1123', 1, 400, 'authorizationKey has more than 255 characters'],
  secretKey: ['OTO1124', 1, 400, 'secretKey has more than 255 characters'],
  webhookId: ['OTO1125', 1, 400, 'The id of the webhook is missing or unknown'],
  dates: ['OTO1107', 4, 400, 'minDate or maxDate is invalid'],
  sku: ['OTO1126', 11, 400, 'sku is missing or does not exist'],
  skuExists: ['OTO1126', 14, 400, 'Product with the same sku already exists'],
  productName: ['OTO1127', 1, 400, 'productName is required'],
  price: ['OTO1128', 1, 400, 'price is required'],
  taxAmount: ['OTO1129', 1, 400, 'taxAmount is required'],
  actionType: ['OTO1130', 2, 400, 'actionType must be set or adjust'],
  packingStatus: ['OTO1131', 2, 400, 'packingStatus is missing or invalid'],
  quantity: ['OTO1132', 7, 400, 'qty is invalid'],
  location: ['OTO1133', 11, 400, 'The location code is missing or does not exist'],
  noInventory: ['OTO1134', 11, 400, 'There is no inventory for this sku at this location'],
  stock: ['OTO1135', 7, 400, 'The stock quantity is invalid'],
  action: ['OTO1136', 6, 400, 'action must be inbound or outbound'],
  bin: ['OTO1137', 11, 400, 'The bin name does not exist'],
  paging: ['OTO1142', 4, 400, 'perPage and page are required; perPage is at most 100'],
  tooManyIds: ['OTO1112', 1, 400, 'Too many ids in one request'],
  tooMany: ['OTO1143', 43, 400, 'Too many requests'],
  attributes: ['OTO1144', 1, 400, 'customAttributes is invalid'],
  modifiedDate: ['OTO1191', 4, 400, 'modifiedDate is invalid'],
  ...orderRefusals,
  ...accountRefusals,
} as const satisfies Record<string, readonly [code: string, old: number, status: number, message: string]>;

export type RefusalName = keyof typeof table;

export function refusal(name: RefusalName, detail?: string, form?: ErrorForm): Refusal {
  const [code, old, status, message] = table[name];
  return { code, old, status, message, detail, form };
}

const statuses = { captured: undefined, ok200: 200, conflict409: 409, server500: 500 } as const;

/** The HTTP status of a refusal, by the switch refusalStatus. */
export function refusalStatus(refused: Refusal, side: SwitchValues['refusalStatus']): number {
  return statuses[side] ?? refused.status;
}

export function refusalBody(refused: Refusal, form: ErrorForm): Record<string, unknown> {
  const detail = refused.detail === undefined ? {} : { errorDetail: refused.detail };
  const first = { errorCode: refused.old, errorMsg: refused.message, ...detail };
  const second = { otoErrorCode: refused.code, otoErrorMessage: refused.message };
  if (form === 'old') return { success: false, ...first };
  if (form === 'new') return { success: false, ...second };
  return { success: false, ...second, ...first };
}

/** Which refusal a bad value of each field gives. */
const byField: Readonly<Record<string, RefusalName>> = {
  ...fieldRefusals,
  refresh_token: 'refreshToken',
  sku: 'sku',
  productName: 'productName',
  url: 'webhookUrl',
  method: 'webhookUrl',
  authorizationKey: 'authorizationKey',
  secretKey: 'secretKey',
  id: 'webhookId',
  taxAmount: 'taxAmount',
  customAttributes: 'attributes',
  actionType: 'actionType',
  locationCode: 'location',
  warehouseCode: 'location',
  pickupLocationCode: 'pickupLocation',
  qty: 'quantity',
  action: 'action',
  items: 'items',
  orderId: 'orderId',
  packingStatus: 'packingStatus',
  perPage: 'paging',
  page: 'paging',
  minDate: 'dates',
  maxDate: 'dates',
  modifiedDate: 'modifiedDate',
};

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The refusal for a request that the endpoint's schema does not accept, from the first thing that is wrong. */
export function refusalOfIssue(issue: Issue | undefined, params: Readonly<Record<string, unknown>>): Refusal {
  const path = issue?.path ?? [];
  const field = path.findLast((part) => typeof part === 'string');
  if (field === 'price') {
    return params.price === undefined ? refusal('price') : refusal('generic', 'price is not a number');
  }
  const whole = path.filter((part) => typeof part === 'string').join('.');
  const name = byField[whole] ?? (typeof field === 'string' ? byField[field] : undefined);
  const detail = `${path.join('.')} ${issue?.message ?? ''}`.trim();
  if (name === undefined && path.length === 0) return refusal(byNeed(issue?.message ?? ''), detail);
  return refusal(name ?? 'generic', detail);
}

/** A rule over several fields names in its text what it needs. */
function byNeed(message: string): RefusalName {
  const [, first = ''] = /^needs (?:one of )?(\w+)/.exec(message) ?? [];
  const needed = first === 'orderIds' ? 'orderId' : first;
  return byField[needed] ?? 'generic';
}
