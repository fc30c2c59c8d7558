import { z } from 'zod';
import { BridgeError } from '../lib/errors.ts';
import { otoOpenApi } from '../oto/openapi.ts';
import { adminOrderRoutes } from './admin-orders.ts';
import { type AdminRoute, parse } from './admin-route.ts';
import type { Controls } from './controls.ts';
import { eventInput } from './deliveries.ts';
import { describeState } from './describe-state.ts';
import { simulatorErrors } from './errors.ts';
import { type FaultInput, faultKinds } from './faults.ts';
import type { SeedInput } from './seed.ts';
import { describeSwitches, type SwitchValues } from './switches.ts';

const stockBody = z.strictObject({ sku: z.string().min(1), location: z.string().min(1), onHand: z.int() });
const revokeBody = z
  .strictObject({ accessTokens: z.boolean().default(false), refreshToken: z.boolean().default(false) })
  .refine((one) => one.accessTokens || one.refreshToken, 'needs accessTokens: true or refreshToken: true');
const outageBody = z.strictObject({ seconds: z.number().positive().max(3600) });
const stateQuery = z.strictObject({
  sku: z.string().min(1).optional(),
  location: z.string().min(1).optional(),
  history: z.stringbool().optional(),
});
const requestsQuery = z.strictObject({
  endpoint: z.string().min(1).optional(),
  after: z.coerce.number().int().optional(),
  effect: z.stringbool().optional(),
  limit: z.coerce.number().int().min(1).optional(),
});

const queryOf = (query: URLSearchParams): unknown => Object.fromEntries(query);
const numberOf = (id: string): number => parse(z.coerce.number().int(), id);

/** Bodies of `faults`, `switches` and `seed` are checked by what takes them. */
export function adminRoutes(controls: Controls): AdminRoute[] {
  const { staff, faults, requests, switches, tokens, deliveries } = controls;
  const routes: AdminRoute[] = [
    {
      method: 'GET',
      path: '/',
      summary: 'these routes',
      run: () => ({ routes: routes.map(({ method, path, summary }) => `${method} /_simulator${path}: ${summary}`) }),
    },
    {
      method: 'GET',
      path: '/openapi.json',
      summary: 'what the API takes and answers, as OpenAPI 3.1',
      run: otoOpenApi,
    },
    {
      method: 'GET',
      path: '/state',
      summary: 'what the account holds; ?sku= ?location= ?history=true',
      run: ({ query }) => ({
        ...describeState(controls.world, parse(stateQuery, queryOf(query))),
        tokens: tokens.describe(),
      }),
    },
    {
      method: 'GET',
      path: '/requests',
      summary: 'the last calls and the counts of all; ?endpoint= ?after=SEQ ?effect=true ?limit=',
      run: ({ query }) => ({
        counts: requests.counts(),
        requests: requests.list(parse(requestsQuery, queryOf(query))),
      }),
    },
    {
      method: 'DELETE',
      path: '/requests',
      summary: 'forget the calls and their counts',
      run: () => {
        requests.clear();
        return { cleared: true };
      },
    },
    {
      method: 'POST',
      path: '/faults',
      summary: `add a fault rule {id?, endpoint | "*", kind, probability?, count?, after?, seed?}; kinds: ${faultKinds.join(', ')}`,
      run: ({ body }) => faults.add(body as FaultInput),
    },
    {
      method: 'GET',
      path: '/faults',
      summary: 'the rules, how often each matched and fired',
      run: () => faults.list(),
    },
    {
      method: 'DELETE',
      path: '/faults',
      summary: 'remove all rules',
      run: () => {
        faults.clear();
        return { cleared: true };
      },
    },
    {
      method: 'DELETE',
      path: '/faults/:id',
      summary: 'remove one rule',
      run: ({ id }) => {
        if (!faults.remove(id)) {
          throw new BridgeError(simulatorErrors.SIMULATOR_NOT_FOUND, { message: `There is no fault rule ${id}.` });
        }
        return { removed: id };
      },
    },
    {
      method: 'GET',
      path: '/switches',
      summary: 'every switch: value, question, behaviours, source',
      run: () => describeSwitches(switches.values),
    },
    {
      method: 'PUT',
      path: '/switches',
      summary: 'set some switches {name: value}',
      run: ({ body }) => {
        switches.set(body as Partial<SwitchValues>);
        return switches.values;
      },
    },
    {
      method: 'POST',
      path: '/reset',
      summary: 'an empty account with the first locations; no faults, no log, first switches',
      run: () => {
        controls.reset();
        return { reset: true };
      },
    },
    {
      method: 'POST',
      path: '/seed',
      summary:
        'add {locations?, products?, stock?, orders?}: each a list, or a number of made-up ones; {credit?, drivers?, brands?}',
      run: ({ body }) => {
        controls.seed(body as SeedInput);
        const { state } = controls;
        return { products: state.products.size, locations: state.locations.size, orders: state.orders.size };
      },
    },
    {
      method: 'POST',
      path: '/inventory-orders/process-all',
      summary: 'staff process every open inventory order',
      run: () => ({ processed: staff.processAllInventoryOrders() }),
    },
    {
      method: 'POST',
      path: '/inventory-orders/:id/accept',
      summary: 'staff accept it',
      run: ({ id }) => staff.acceptInventoryOrder(numberOf(id)),
    },
    {
      method: 'POST',
      path: '/inventory-orders/:id/process',
      summary: 'staff process it: on hand moves',
      run: ({ id }) => staff.processInventoryOrder(numberOf(id)),
    },
    {
      method: 'POST',
      path: '/inventory-orders/:id/reject',
      summary: 'staff reject it',
      run: ({ id }) => staff.rejectInventoryOrder(numberOf(id)),
    },
    ...adminOrderRoutes(staff),
    {
      method: 'POST',
      path: '/stock',
      summary: 'somebody else changes {sku, location, onHand}',
      run: ({ body }) => {
        const { sku, location, onHand } = parse(stockBody, body);
        staff.setOnHand(sku, location, onHand);
        return { sku, location, onHand };
      },
    },
    {
      method: 'POST',
      path: '/events',
      summary: 'tell the webhooks {type, orderId, …}: orderStatus, newOrders, shipmentError, walletTransaction',
      run: ({ body }) => {
        const event = parse(eventInput, body);
        deliveries.send(event);
        return event;
      },
    },
    {
      method: 'GET',
      path: '/deliveries',
      summary: 'what was sent to the webhooks, and what they answered',
      run: () => ({ deliveries: deliveries.list() }),
    },
    {
      method: 'POST',
      path: '/tokens/revoke',
      summary: 'end {accessTokens?: true, refreshToken?: true}',
      run: ({ body }) => {
        const { accessTokens, refreshToken } = parse(revokeBody, body);
        if (accessTokens) tokens.revokeAccess();
        if (refreshToken) tokens.revokeRefresh();
        return tokens.describe();
      },
    },
    {
      method: 'POST',
      path: '/tokens/restore',
      summary: 'the refresh token works again',
      run: () => {
        tokens.restore();
        return tokens.describe();
      },
    },
    {
      method: 'POST',
      path: '/outage',
      summary: 'refuse connections for {seconds}, then listen on the same port again',
      run: ({ body }) => parse(outageBody, body),
      // After the answer: the outage cuts every connection, this one too.
      after: ({ body }) => controls.beginOutage(parse(outageBody, body).seconds),
    },
  ];
  return routes;
}
