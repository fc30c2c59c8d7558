import { isSecret } from '../lib/secret.ts';
import { type ApiName, type OtoApi, otoApi } from '../oto/api.ts';
import type { Call, Outcome } from './handlers/handler.ts';
import { handlers, requireHandlers } from './handlers/index.ts';
import type { Switches } from './switches.ts';

export type Params = Readonly<Record<string, unknown>>;
export type Row = OtoApi[ApiName];
export type AnyHandler = (params: unknown, call: Call) => Outcome;

export interface Route {
  readonly row: Row;
  readonly handler: AnyHandler;
  /** Calls that carry a secret are logged without their parameters, whatever names these came under. */
  readonly loggable: boolean;
}

export interface Found {
  readonly route: Route;
  /** What stands in the path in place of the names in braces. */
  readonly inPath: Params;
}

/** The endpoints that the simulator answers, found by method and path below `/rest/v2`. */
export function createRoutes({ values }: Switches): (method: string, path: string) => Found | undefined {
  requireHandlers(Object.keys(otoApi), handlers);
  const plain = new Map<string, Route>();
  const open: { readonly method: string; readonly pattern: RegExp; readonly route: Route }[] = [];
  for (const row of Object.values<Row>(otoApi)) {
    // Each handler takes what its own row's schema gives; the table pairs them, which one union type cannot say.
    const handler = handlers[row.name] as AnyHandler;
    const loggable = !Object.values(row.request.shape).some((field) => isSecret(field));
    const route = { row, handler, loggable };
    if (row.path.includes('{')) {
      const pattern = new RegExp(`^${row.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
      open.push({ method: row.method, pattern, route });
    } else plain.set(`${row.method} ${row.path}`, route);
  }

  return (method, path) => {
    const both = path === otoApi.dcList.path && values.carrierListMethod === 'both';
    const route = plain.get(`${both ? otoApi.dcList.method : method} ${path}`);
    if (route !== undefined) return { route, inPath: {} };
    for (const one of open) {
      const groups = one.method === method ? one.pattern.exec(path)?.groups : undefined;
      const inPath = groups && decoded(groups);
      if (inPath !== undefined) return { route: one.route, inPath };
    }
    return undefined;
  };
}

/** Undefined where a part is no text in percent form: then there is no such path. */
function decoded(groups: Readonly<Record<string, string>>): Params | undefined {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, part]) => [name, decodeURIComponent(part)]));
  } catch {
    return undefined;
  }
}
