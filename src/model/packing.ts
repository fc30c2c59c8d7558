import { z } from 'zod';

/** The two packing statuses that OTO's updatePackingStatus takes. */
export const packingStatuses = ['picked', 'packed'] as const;
export type PackingStatus = (typeof packingStatuses)[number];

/** An order ready for packing, as OTO's getPackingOrders lists it. */
export const packingOrder = z.object({
  orderId: z.string().min(1),
  items: z.array(z.object({ sku: z.string(), name: z.string(), quantity: z.number() })),
});

export type PackingOrder = z.output<typeof packingOrder>;
