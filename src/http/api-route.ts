import { z } from 'zod';

/** An answer that is no success, of every address. */
export const errorAnswer = z.object({
  error: z.object({
    code: z.string().describe('Stable between releases; docs/errors.md lists them.'),
    recovery: z.enum(['fix-config', 'fix-data', 'retry', 'ask', 'report']),
    message: z.string(),
    hint: z.string().optional(),
  }),
  request: z.string().nullable().describe('Id of the request, as in `x-request-id` and in the log.'),
});

export interface Answer {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Where it is no JSON. */
  readonly type?: string;
}

export interface ApiRoute {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly object[];
  readonly body?: string;
  /** Where the body is JSON that is read. */
  readonly bodySchema?: z.ZodType;
  readonly security?: readonly object[];
  readonly answers: Readonly<Record<number, Answer>>;
}

export const failed = (description: string): Answer => ({ description, schema: errorAnswer });
