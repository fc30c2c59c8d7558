import type { Bridge } from '../../engine/context.ts';
import type { Routes } from '../server.ts';
import { openDoor } from './guard.ts';
import { pageRoutes } from './page.ts';
import { sessionRoutes } from './session.ts';

/** Everything at `/station`: the page, and what it asks the server. Nothing where `http.station.enabled` is false. */
export async function stationRoutes(bridge: Bridge): Promise<Routes[]> {
  if (!bridge.config.http.station.enabled) return [];
  const door = await openDoor(bridge);
  return [sessionRoutes(door), pageRoutes()];
}
