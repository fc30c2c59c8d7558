import { z } from 'zod';

/** How a switch is written down: its values, the one it starts with, the question, and what each value does. */
export function choice<const V extends string>(
  initial: NoInfer<V>,
  source: string,
  question: string,
  behaviours: Readonly<Record<V, string>>,
) {
  return {
    schema: z.enum(Object.keys(behaviours) as [V, ...V[]]),
    initial: initial as V,
    source,
    question,
    behaviours,
  };
}

export function flag(
  initial: boolean,
  source: string,
  question: string,
  behaviours: { readonly true: string; readonly false: string },
) {
  return { schema: z.boolean(), initial, source, question, behaviours };
}

/** A switch whose values are whole numbers, tried at the default and at others. */
export function number(initial: number, source: string, question: string, behaviour: string, minimum = 1) {
  return {
    schema: z.int().min(minimum).max(1_000_000),
    initial,
    source,
    question,
    behaviours: { '<whole number>': behaviour },
  };
}

export function timeZone(initial: string, source: string, question: string, behaviour: string) {
  return {
    schema: z.string().refine(isTimeZone, 'is not a time zone that this machine knows, such as UTC or Asia/Riyadh'),
    initial,
    source,
    question,
    behaviours: { '<IANA name>': behaviour },
  };
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
