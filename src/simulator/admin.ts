import { BridgeError, isBridgeError, messageOf } from '../lib/errors.ts';
import type { AdminRoute } from './admin-route.ts';
import { adminRoutes } from './admin-routes.ts';
import type { Controls } from './controls.ts';
import { simulatorErrors } from './errors.ts';
import type { Admin, AdminReply } from './listener.ts';

const statusOf: Readonly<Record<string, number>> = {
  SIMULATOR_INPUT: 400,
  SIMULATOR_NOT_FOUND: 404,
  SIMULATOR_CONFLICT: 409,
};

/** Control of the simulator: JSON over HTTP under `/_simulator/`, without any key; for loopback. */
export function createAdmin(controls: Controls): Admin {
  const routes = adminRoutes(controls).map((route) => ({ route, pattern: patternOf(route) }));

  function handle(method: string, path: string, query: URLSearchParams, body: string): AdminReply {
    const asked = path === '' ? '/' : path;
    const here = routes.filter(({ pattern }) => pattern.test(asked));
    if (here.length === 0) {
      const hint = 'GET /_simulator/ lists the routes.';
      return { status: 404, body: { error: { message: `There is no /_simulator${asked}.`, hint } } };
    }
    const found = here.find(({ route }) => route.method === method);
    if (found === undefined) {
      const allowed = here.map(({ route }) => route.method).join(', ');
      return { status: 405, body: { error: { message: `/_simulator${asked} takes ${allowed}, not ${method}.` } } };
    }
    try {
      const { route, pattern } = found;
      const id = decodeURIComponent(pattern.exec(asked)?.[1] ?? '');
      const call = { id, query, body: parseJson(body) };
      return { status: 200, body: route.run(call), after: () => route.after?.(call) };
    } catch (error) {
      return failure(error);
    }
  }

  return { handle };
}

function patternOf(route: AdminRoute): RegExp {
  return new RegExp(`^${route.path.replace(':id', '([^/]+)')}$`);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body === '' ? '{}' : body);
  } catch (error) {
    throw new BridgeError(simulatorErrors.SIMULATOR_INPUT, { message: `The body is not JSON: ${messageOf(error)}` });
  }
}

function failure(error: unknown): AdminReply {
  if (!isBridgeError(error)) throw error;
  return { status: statusOf[error.code] ?? 500, body: { error: error.toJSON() } };
}
