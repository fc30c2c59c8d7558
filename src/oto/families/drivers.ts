import { z } from 'zod';
import { givenId, optional, required, requiredText } from '../fields.ts';
import { post, write } from '../row.ts';
import { verdictOf } from '../verdict.ts';

/** Drivers of OTO Flex. Sources: OTO's API pages; (2026): its collection of July 2026 only. */

export const assignDriverRequest = z
  .strictObject({
    orderIDs: required(z.array(givenId).min(1), 'List of order ids of OTO.'),
    driverID: optional(givenId, 'Whole number; this or driverEmail.'),
    driverEmail: optional(requiredText, 'Text (2026); this or driverID.'),
  })
  .refine(({ driverID, driverEmail }) => driverID !== undefined || driverEmail !== undefined, {
    // OTO1190
    error: 'needs driverID or driverEmail',
  });
/** `{"<otoId>": {success, otoId}}`: each order says for itself whether it was taken. */
export const assignDriverResponse = z.looseObject({});

export const driverRows = {
  assignDriver: {
    ...post,
    path: '/assignDriver',
    ...write,
    lostAnswer: 'park',
    family: 'drivers',
    plan: 'Starter and up',
    summary: 'Gives orders to a driver of OTO Flex.',
    request: assignDriverRequest,
    response: assignDriverResponse,
    verdict: (body: Readonly<Record<string, unknown>>) => verdictOf(Object.values(body)),
  },
} as const;
