import { Pool } from 'undici';
import { type ApiName, type Endpoint, otoApi } from '../../src/oto/index.ts';
import { type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
type Body = any;

export interface Answer {
  readonly status: number;
  /** Undefined when the answer is no JSON. */
  readonly body: Body;
  readonly text: string;
  readonly headers: Record<string, string | string[] | undefined>;
}

/** A simulator and a plain client for it: real HTTP, no knowledge of OTO besides the endpoints table. */
export async function start(options: SimulatorOptions = {}) {
  const simulator = await startSimulator(options);
  const pool = new Pool(simulator.url, { connections: 4, headersTimeout: 20_000 });

  async function send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await pool.request({
      method: method as 'GET',
      path,
      headers,
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.body.text();
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = undefined;
    }
    return { status: answer.statusCode, body: parsed, text, headers: answer.headers };
  }

  async function token(refreshToken = 'simulator-refresh-token'): Promise<string> {
    const { body } = await send('POST', '/rest/v2/refreshToken', { refresh_token: refreshToken });
    return body.access_token;
  }

  let access: string | undefined;
  async function call(name: ApiName, params: Record<string, unknown> = {}, accessToken?: string): Promise<Answer> {
    const { method, path, params: place, auth }: Endpoint = otoApi[name];
    if (auth && accessToken === undefined) access ??= await token();
    const { orderId, ...others } = params;
    const inPath = path.includes('{orderId}');
    const filled = path.replace('{orderId}', encodeURIComponent(String(orderId)));
    const rest = inPath ? others : params;
    const query = place === 'query' ? `?${new URLSearchParams(rest as Record<string, string>)}` : '';
    const headers: Record<string, string> = auth ? { authorization: `Bearer ${accessToken ?? access}` } : {};
    return send(method, `/rest/v2${filled}${query}`, place === 'body' ? rest : undefined, headers);
  }

  const admin = (method: string, path: string, body?: unknown) => send(method, `/_simulator${path}`, body);

  const product = (sku: string) => call('createProduct', { sku, productName: `Product ${sku}`, price: '10' });
  const setStock = (sku: string, locationCode: string, qty: number) =>
    call('updateStockQuantity', { actionType: 'set', sku, locationCode, qty });
  /** The one entry of a SKU at a location. */
  async function stock(sku: string, pickupLocationCode = 'RUH1'): Promise<Body> {
    const { body } = await call('checkInventoryStock', { sku, pickupLocationCode });
    return body.stock[sku]?.[0];
  }

  return {
    simulator,
    send,
    token,
    call,
    admin,
    product,
    setStock,
    stock,
    [Symbol.asyncDispose]: async () => {
      await pool.destroy();
      await simulator.close();
    },
  };
}

export type Client = Awaited<ReturnType<typeof start>>;

/** For the errors of a cut or unanswered call. */
export async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code ?? error);
  }
  return 'answered';
}
