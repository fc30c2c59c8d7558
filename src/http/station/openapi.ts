import { z } from 'zod';
import {
  signIn,
  stationActions,
  stationList,
  stationOrderDetail,
  stationResults,
  stationSession,
  stationViews,
} from '../../model/station.ts';
import { type ApiRoute, failed } from '../api-route.ts';

const signedIn = [{ station: [] }];
const signedOut = failed('Nobody is signed in, or not any more.');
const away = failed(
  'The database does not answer. Nothing was done that would not be answered the same when it is sent again.',
);
const token = {
  name: 'x-csrf-token',
  in: 'header',
  required: true,
  schema: { type: 'string' },
  description: '`csrf` of the session.',
};
const query = (name: string, description: string, schema: object = { type: 'string' }) => ({
  name,
  in: 'query',
  schema,
  description,
});
const location = query('location', 'OTO pickup location code. Default: all that this person may see.');

/** What the page of the station asks the server; src/model/station.ts says what each part means. */
export const stationApi: readonly ApiRoute[] = [
  {
    method: 'post',
    path: '/station/api/session',
    summary: 'Sign in at the station',
    description: 'Sets the cookie of the session. Failed attempts slow down the next ones.',
    body: 'Name and PIN.',
    bodySchema: signIn,
    answers: {
      200: { description: 'Signed in.', schema: stationSession },
      401: failed('Name and PIN do not fit.'),
      429: failed('Too many attempts have failed.'),
      503: away,
    },
  },
  {
    method: 'get',
    path: '/station/api/session',
    summary: 'Who is signed in',
    description: 'And which locations they may see.',
    security: signedIn,
    answers: { 200: { description: 'The session.', schema: stationSession }, 401: signedOut, 503: away },
  },
  {
    method: 'delete',
    path: '/station/api/session',
    summary: 'Sign out',
    description: 'Ends the session, with its streams of events.',
    parameters: [token],
    security: signedIn,
    answers: { 204: { description: 'Signed out.', type: 'text/plain' }, 401: signedOut, 503: away },
  },
  {
    method: 'get',
    path: '/station/api/orders',
    summary: 'Orders ready for packing',
    description: 'Oldest first, page by page, with how many there are of each kind.',
    parameters: [
      location,
      query('view', 'Which of them.', { type: 'string', enum: stationViews, default: 'open' }),
      query('q', "A part of the order's id, or the whole SKU or barcode of one of its items."),
      query('after', '`next` of the page before.'),
      query('limit', 'How many.', { type: 'integer', minimum: 1, maximum: 200, default: 50 }),
    ],
    security: signedIn,
    answers: {
      200: { description: 'A page of them.', schema: stationList },
      400: failed('The query cannot be understood.'),
      401: signedOut,
      403: failed('The location is none of theirs.'),
      503: away,
    },
  },
  {
    method: 'get',
    path: '/station/api/orders/{id}',
    summary: 'One order',
    description: 'With its items and what was done with it.',
    parameters: [
      { name: 'id', in: 'path', required: true, schema: { type: 'string' }, description: "OTO's order id." },
    ],
    security: signedIn,
    answers: {
      200: { description: 'The order.', schema: stationOrderDetail },
      401: signedOut,
      404: failed('There is no such order, or it is at another location: which of the two is not told.'),
      503: away,
    },
  },
  {
    method: 'post',
    path: '/station/api/actions',
    summary: 'What somebody did',
    description:
      'Carried out in this order, each by itself and once: an id that comes again is answered as before. Neither OTO nor the ERP is waited for.',
    parameters: [token],
    body: 'One to a hundred actions.',
    bodySchema: stationActions,
    security: signedIn,
    answers: {
      200: { description: 'What came of each: done, or refused with the reason.', schema: stationResults },
      400: failed('The body cannot be understood. Nothing of it was carried out.'),
      401: signedOut,
      403: failed('The token is missing, or the request comes from another site.'),
      413: failed('The body is too large.'),
      503: away,
    },
  },
  {
    method: 'get',
    path: '/station/api/events',
    summary: 'Changes of orders, as they happen',
    description:
      'Server-sent events. `order`: one has changed (data: the order, as in the list). `list`: read the list again. Each has a cursor as its id. A comment every ten seconds says that the stream lives; it ends with the session, and when the worker cannot see the database.',
    parameters: [
      location,
      query('after', '`cursor` of a list, or the id of an event: what changed since is sent first.'),
      {
        name: 'Last-Event-ID',
        in: 'header',
        schema: { type: 'string' },
        description: 'The same, where a browser comes back by itself.',
      },
    ],
    security: signedIn,
    answers: {
      200: { description: 'The stream.', schema: z.string(), type: 'text/event-stream' },
      401: signedOut,
      403: failed('The location is none of theirs.'),
      503: away,
    },
  },
];
