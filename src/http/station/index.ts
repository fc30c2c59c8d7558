import { isLoopback } from '../../config/address.ts';
import type { Bridge } from '../../engine/context.ts';
import { createFeed } from '../../engine/station-feed.ts';
import { BridgeError } from '../../lib/errors.ts';
import { countStaff } from '../../store/staff.ts';
import { httpErrors } from '../errors.ts';
import type { Routes } from '../server.ts';
import { actionRoutes } from './actions.ts';
import { eventRoutes } from './events.ts';
import { openDoor, requireStaff } from './guard.ts';
import { orderRoutes } from './orders.ts';
import { pageRoutes } from './page.ts';
import { sessionRoutes } from './session.ts';

/**
 * Everything at `/station`: the page, and what it asks the server. Nothing where `http.station.enabled` is false.
 * @throws BridgeError HTTP_NO_STAFF
 */
export async function stationRoutes(bridge: Bridge): Promise<Routes[]> {
  if (!bridge.config.http.station.enabled) return [];
  await requireAccounts(bridge);
  const door = await openDoor(bridge);
  const feed = createFeed(bridge);
  return [
    sessionRoutes(door),
    requireStaff(door, orderRoutes(door)),
    requireStaff(door, actionRoutes(door, feed)),
    requireStaff(door, eventRoutes(feed)),
    pageRoutes(),
  ];
}

/** What others can reach is for people who are known. TLS, or a proxy that ends it, the configuration asks for. */
async function requireAccounts({ config: { http }, db }: Bridge): Promise<void> {
  if (isLoopback(http.host) || (await countStaff(db)) > 0) return;
  throw new BridgeError(httpErrors.HTTP_NO_STAFF, {
    message: `The server is to listen on ${http.host}, which others can reach, and nobody has an account for its warehouse station.`,
    hint: 'Make one: `oto-bridge staff add NAME --role admin`. Or write http.station: { enabled: false }, or listen on 127.0.0.1.',
    place: { path: 'http.station' },
  });
}
