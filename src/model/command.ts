import { z } from 'zod';
import { packingStatuses } from './packing.ts';

/** What the bridge may ask an ERP to do. `id` is the operation's id: the same id twice must have one effect. */
export const command = z.discriminatedUnion('name', [
  z.object({
    name: z.literal('set-packing-status'),
    id: z.string(),
    orderId: z.string(),
    status: z.enum(packingStatuses),
    /** ISO time in UTC. */
    at: z.string(),
    by: z.string().optional(),
    location: z.string(),
  }),
  z.object({
    name: z.literal('write-stock'),
    id: z.string(),
    /** When OTO's figures were read: ISO time in UTC. */
    asOf: z.string(),
    lines: z.array(z.object({ sku: z.string(), location: z.string(), quantity: z.string() })),
  }),
  z.object({
    name: z.literal('note-document'),
    id: z.string(),
    documentId: z.string(),
    reference: z.string(),
    text: z.string(),
  }),
]);

export type Command = z.output<typeof command>;
export type CommandName = Command['name'];
export const commandNames = [
  'set-packing-status',
  'write-stock',
  'note-document',
] as const satisfies readonly CommandName[];
