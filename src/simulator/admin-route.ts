import { z } from 'zod';
import { BridgeError } from '../lib/errors.ts';
import { simulatorErrors } from './errors.ts';

/** What a route may use of the call. */
export interface AdminCall {
  /** The `:id` of the path. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/_simulator`; `:id` stands for one part. */
  readonly path: `/${string}`;
  readonly summary: string;
  run(call: AdminCall): unknown;
  /** Runs when the answer has gone out. */
  after?(call: AdminCall): void;
}

/** @throws BridgeError SIMULATOR_INPUT */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BridgeError(simulatorErrors.SIMULATOR_INPUT, { message: z.prettifyError(parsed.error) });
}
