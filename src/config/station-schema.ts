import { z } from 'zod';

/** The page for the warehouse at `/station`. docs/station.md describes it. */
export const station = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Off: there is no page at `/station`, and nobody needs an account (`oto-bridge staff add`).'),
  sessionHours: z
    .number()
    .min(0.1)
    .max(720)
    .default(12)
    .describe('How long somebody stays signed in at most: a shift.'),
  idleMinutes: z
    .number()
    .min(1)
    .max(43_200)
    .default(120)
    .describe('After so long without use somebody is signed out: a device that was put down and forgotten.'),
});
