import { carryOut } from '../../engine/station-act.ts';
import { orderDetail } from '../../engine/station-detail.ts';
import type { Feed } from '../../engine/station-feed.ts';
import { BridgeError } from '../../lib/errors.ts';
import { type StationResult, stationActions } from '../../model/station.ts';
import { httpErrors } from '../errors.ts';
import type { Routes } from '../server.ts';
import { type Door, staffOf, whileThere } from './guard.ts';

/**
 * `POST /station/api/actions` carries out what somebody did, in the order in which they did it, each by itself. Where the database goes away
 * in the middle, nothing is answered and the device sends all of it again: what was carried out has its answer stored.
 */
export function actionRoutes({ bridge }: Door, feed: Pick<Feed, 'wake'>): Routes {
  return (app) => {
    app.post('/station/api/actions', async (request): Promise<{ results: StationResult[] }> => {
      const given = stationActions.safeParse(request.body);
      if (!given.success) {
        const [issue] = given.error.issues;
        throw new BridgeError(httpErrors.HTTP_REQUEST_INVALID, {
          message: `The actions cannot be understood: ${issue?.path.join('.') || 'body'}.`,
          hint: 'One to a hundred of them, as GET /openapi.json describes.',
        });
      }
      const person = staffOf(request);
      const actor = { ...person, address: request.ip };
      return whileThere(async () => {
        const carried = [];
        for (const action of given.data.actions) carried.push(await carryOut(bridge, actor, action));
        feed.wake();
        const ids = [...new Set(given.data.actions.map(({ order }) => order))];
        const orders = new Map((await orderDetail(bridge, ids, person.locations)).map((order) => [order.id, order]));
        return {
          results: carried.map((one, index) => ({
            ...one,
            order: orders.get(given.data.actions[index]?.order ?? '') ?? null,
          })),
        };
      });
    });
  };
}
