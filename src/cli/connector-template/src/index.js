import {
  BridgeError,
  connectorErrors,
  defineConnector,
  messageOf,
  product,
  secret,
  stockKey,
  stockLevel,
} from 'oto-bridge/connector';
import { z } from 'zod';

const options = z.strictObject({
  url: z.url().describe('Address of the shop, such as https://shop.example.com.'),
  token: secret(z.string()).describe('API token with the right to read items and stock.'),
  pageSize: z.int().min(1).max(1000).default(200).describe('Records in one page.'),
});

/** Where a read of items stands. `seen` holds what was read of the newest moment: a later item may carry the same time. */
const position = z.object({ changed: z.string(), seen: z.array(z.string()) });

const item = z.object({ id: z.string(), changed: z.string(), deleted: z.boolean().optional() }).loose();
const items = z.array(item);
const stockAnswer = z.object({
  asOf: z.string(),
  total: z.number(),
  lines: z.array(z.record(z.string(), z.unknown())),
});

async function get({ options: { url, token }, dispatcher }, path, signal) {
  let status;
  let text;
  try {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await dispatcher.request({ origin: url, path, method: 'GET', headers, signal });
    status = answer.statusCode;
    text = await answer.body.text();
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(url, messageOf(error), error);
  }
  if (status === 401 || status === 403) {
    throw new BridgeError(connectorErrors.CONNECTOR_AUTH, {
      message: `${url}${path} answered ${status}: the token is wrong or lacks a right.`,
      hint: 'Make a token with the rights to read items and stock, and set it as `token`.',
    });
  }
  if (status !== 200) throw unreachable(url, `${path} answered ${status}`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreachable(url, `${path} answered something that is no JSON`, error);
  }
}

function unreachable(url, what, cause) {
  return new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
    message: `${url}: ${what}.`,
    hint: 'Check `url` and that the shop is up; the bridge tries again.',
    cause,
  });
}

/** A record as the model wants it, or a rejection that says what is wrong with it: one bad record stops nothing. */
function toProduct(record) {
  const key = record.id;
  if (record.deleted === true) return { op: 'delete', key };
  const result = product.safeParse(record);
  if (result.success) return { op: 'upsert', key, value: result.data };
  return { op: 'reject', key, ...problemOf(record, result.error) };
}

function toStock(line) {
  const result = stockLevel.safeParse(line);
  if (result.success) return { op: 'upsert', key: stockKey(result.data.sku, result.data.location), value: result.data };
  return { op: 'reject', key: stockKey(String(line.sku), String(line.location)), ...problemOf(line, result.error) };
}

function problemOf(record, error) {
  const [issue] = error.issues;
  const column = String(issue?.path[0] ?? '');
  return { column, value: String(record[column]), reason: `${column} ${issue?.message ?? 'cannot be used'}` };
}

/** Incremental: what has changed since the checkpoint, oldest first. */
async function* readProducts(context, { since, signal }) {
  // Our clock before the first request: what changes while we read belongs to the next read.
  const asOf = new Date(context.now()).toISOString();
  let { changed, seen } = position.safeParse(since).data ?? { changed: '', seen: [] };
  for (let pages = 0; ; pages += 1) {
    signal.throwIfAborted();
    // From that moment on, and not after it; as many more as are known already, so that every page gets on.
    const limit = context.options.pageSize + seen.length;
    const path = `/items?from=${encodeURIComponent(changed)}&limit=${limit}`;
    const fresh = items
      .parse(await get(context, path, signal))
      .filter((one) => one.changed !== changed || !seen.includes(one.id));
    const last = fresh.at(-1);
    if (last === undefined) {
      // No page and no manifest: there is nothing new.
      if (pages > 0) yield { manifest: { asOf, completeness: 'likely' } };
      return;
    }
    const level = fresh.filter((one) => one.changed === last.changed).map((one) => one.id);
    seen = last.changed === changed ? [...seen, ...level] : level;
    changed = last.changed;
    yield { changes: fresh.map(toProduct), checkpoint: { changed, seen } };
  }
}

/** Full: every figure in one answer, so it is one moment's truth, and `total` proves that none is missing. */
async function* readStock(context, { signal }) {
  signal.throwIfAborted();
  const { asOf, total, lines } = stockAnswer.parse(await get(context, '/stock', signal));
  const { pageSize } = context.options;
  for (let start = 0; start < lines.length; start += pageSize) {
    yield { changes: lines.slice(start, start + pageSize).map(toStock), checkpoint: null };
    signal.throwIfAborted();
  }
  yield { manifest: { asOf, expectedRows: total, completeness: 'proven' } };
}

export default defineConnector({
  name: 'shop',
  apiVersion: 1,
  title: 'Shop',
  summary: 'Reads items and stock of a shop over its HTTP API.',
  options,
  example: { url: 'https://shop.example.com', token: '${SHOP_TOKEN}' },
  supports: {
    read: {
      products: { mode: 'incremental', deletes: 'reported' },
      stock: { mode: 'full', zeros: 'listed', deletes: 'absence' },
    },
    apply: {},
  },
  checkpointVersion: 1,
  async open(context) {
    return {
      check: async (signal) => void (await get(context, '/me', signal)),
      read: {
        products: (request) => readProducts(context, request),
        stock: (request) => readStock(context, request),
      },
      async [Symbol.asyncDispose]() {},
    };
  },
});
