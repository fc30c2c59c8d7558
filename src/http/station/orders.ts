import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { orderDetail } from '../../engine/station-detail.ts';
import { plainDigits } from '../../lib/digits.ts';
import { BridgeError } from '../../lib/errors.ts';
import { type StationList, type StationOrderDetail, stationViews } from '../../model/station.ts';
import { listsReadAt } from '../../store/packing-list.ts';
import { presentCursor } from '../../store/station-changes.ts';
import { countStationOrders, listStationOrders } from '../../store/station-orders.ts';
import { httpErrors } from '../errors.ts';
import type { Routes } from '../server.ts';
import { type Door, requireLocation, type SignedIn, staffOf, whileThere } from './guard.ts';

const text = z.string().trim().max(255);
const query = z.object({
  location: z.string().max(255).optional(),
  view: z.enum(stationViews).default('open'),
  // What a scanner of an Arabic device types is the same code.
  q: text.transform((value) => plainDigits(value) || undefined).optional(),
  after: z.string().max(255).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** `GET /station/api/orders` lists, `GET /station/api/orders/:id` shows one. */
export function orderRoutes({ bridge: { db, config } }: Door): Routes {
  return (app) => {
    app.get('/station/api/orders', async (request): Promise<StationList> => {
      const asked = query.safeParse(request.query);
      if (!asked.success) {
        throw new BridgeError(httpErrors.HTTP_REQUEST_INVALID, {
          message: `The query cannot be understood: ${asked.error.issues[0]?.path.join('.')}.`,
          hint: `view is one of ${stationViews.join(', ')}; limit is 1 to 200.`,
        });
      }
      const { location, limit, ...filter } = asked.data;
      const locations = locationsOf(staffOf(request), location);
      return whileThere(async () => {
        // Before the list: what changes while it is read comes once more over the stream.
        const cursor = await presentCursor(db);
        const [found, counts, readAt] = await Promise.all([
          listStationOrders(db, { ...filter, locations, limit: limit + 1 }),
          countStationOrders(db, locations),
          listsReadAt(db, locations),
        ]);
        const orders = found.slice(0, limit);
        const next = found.length > limit ? (orders.at(-1)?.id ?? null) : null;
        return { orders, next, counts, readAt: readAt?.toISOString() ?? null, cursor };
      });
    });

    app.get<{ Params: { id: string } }>('/station/api/orders/:id', async (request): Promise<StationOrderDetail> => {
      const { locations } = staffOf(request);
      const [order] = await whileThere(() => orderDetail({ db, config }, [request.params.id], locations));
      if (order !== undefined) return order;
      throw new BridgeError(httpErrors.HTTP_NOT_FOUND, { message: 'There is no such order here.' });
    });
  };
}

/** Those that a request is about. @throws BridgeError HTTP_FORBIDDEN */
export function locationsOf(person: SignedIn, location: string | undefined): readonly string[] {
  if (location === undefined || location === '') return person.locations;
  requireLocation(person, location);
  return [location];
}

/** A query that was given once, and not as a list. */
export function asked(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
