import { z } from 'zod';
import { BridgeError } from '../lib/errors.ts';
import { type ApiName, otoApi } from '../oto/api.ts';
import { simulatorErrors } from './errors.ts';
import type { Staleness } from './figures.ts';
import { seededRandom, seedOf } from './random.ts';
import type { ErrorForm } from './refusals.ts';

const endpointNames = Object.keys(otoApi) as [ApiName, ...ApiName[]];

const common = {
  /** Given by the simulator when left out. */
  id: z.string().min(1).max(100).optional(),
  endpoint: z.union([z.literal('*'), z.enum(endpointNames)]),
  /** How often it strikes, from 0 to 1. Without it and without `count`: always. */
  probability: z.number().min(0).max(1).optional(),
  /** How many times it strikes at most. */
  count: z.int().min(1).optional(),
  /** How many matching calls it lets pass first. */
  after: z.int().min(0).optional(),
  /** For `probability`; derived from the simulator's seed and the id when left out. */
  seed: z.int().optional(),
};

/** Whether the account changes before the bad answer goes out. */
const effect = z.boolean().default(false);

export const faultRule = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('latency'), ms: z.int().min(0).max(600_000) }),
  z.strictObject({ ...common, kind: z.literal('status429'), retryAfterSeconds: z.int().min(0).optional() }),
  /** Without a status: as the switch rateLimitAnswer says. */
  z.strictObject({ ...common, kind: z.literal('oto1143'), status: z.int().min(200).max(599).optional() }),
  z.strictObject({
    ...common,
    kind: z.literal('coded'),
    code: z.string().regex(/^OTO\d{3,4}$/),
    message: z.string().default('Refused by a fault rule'),
    status: z.int().min(200).max(599).default(400),
    effect,
  }),
  z.strictObject({ ...common, kind: z.literal('status500'), effect }),
  z.strictObject({ ...common, kind: z.literal('status503'), effect }),
  z.strictObject({ ...common, kind: z.literal('resetBefore') }),
  z.strictObject({ ...common, kind: z.literal('resetAfter') }),
  z.strictObject({ ...common, kind: z.literal('hangBefore') }),
  z.strictObject({ ...common, kind: z.literal('hangAfter') }),
  z.strictObject({
    ...common,
    kind: z.literal('staleRead'),
    ms: z.number().min(0).optional(),
    versions: z.int().min(0).max(100).optional(),
  }),
  z.strictObject({ ...common, kind: z.literal('errorForm'), form: z.enum(['old', 'both', 'new']) }),
  z.strictObject({ ...common, kind: z.literal('tokenRevoked') }),
  z.strictObject({ ...common, kind: z.literal('forbidden') }),
  z.strictObject({ ...common, kind: z.literal('truncatedJson') }),
  z.strictObject({ ...common, kind: z.literal('wrongContentType') }),
]);

export type FaultInput = z.input<typeof faultRule>;
export type Fault = z.output<typeof faultRule> & { readonly id: string };
export type FaultKind = Fault['kind'];
/** The kinds that only change how a call is served; the others end it. */
type Modifier = 'latency' | 'staleRead' | 'errorForm' | 'wrongContentType';
export type EndingFault = Exclude<Fault, { kind: Modifier }>;

/** What the rules have in store for one call. */
export interface Decision {
  latencyMs: number;
  stale: Staleness | undefined;
  form: ErrorForm | undefined;
  wrongContentType: boolean;
  ending: EndingFault | undefined;
  /** Ids of the rules that strike. */
  ids: string[];
}

interface Rule {
  readonly fault: Fault;
  readonly random: () => number;
  matched: number;
  fired: number;
}

/**
 * Fault rules. They are asked in the order they were added; each modifier that strikes takes part, and the first ending that strikes
 * ends the asking, so that a later rule neither counts nor draws for a call it could not have touched.
 */
export class Faults {
  readonly #rules = new Map<string, Rule>();
  readonly #seed: number;
  #made = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Throws SIMULATOR_INPUT for a rule that is not understood. A rule with a known id replaces the one before. */
  add(input: FaultInput): Fault {
    const parsed = faultRule.safeParse(input);
    if (!parsed.success) {
      throw new BridgeError(simulatorErrors.SIMULATOR_INPUT, {
        message: `This fault rule is not understood: ${z.prettifyError(parsed.error)}`,
        hint: `Kinds: ${faultKinds.join(', ')}.`,
      });
    }
    const id = parsed.data.id ?? `fault-${++this.#made}`;
    const fault: Fault = { ...parsed.data, id };
    const random = seededRandom(fault.seed ?? seedOf(this.#seed, id));
    this.#rules.set(id, { fault, random, matched: 0, fired: 0 });
    return fault;
  }

  list(): (Fault & { matched: number; fired: number })[] {
    return [...this.#rules.values()].map(({ fault, matched, fired }) => ({ ...fault, matched, fired }));
  }

  /** False when there is no such rule. */
  remove(id: string): boolean {
    return this.#rules.delete(id);
  }

  clear(): void {
    this.#rules.clear();
  }

  decide(endpoint: ApiName): Decision | undefined {
    if (this.#rules.size === 0) return undefined;
    const decision: Decision = {
      latencyMs: 0,
      stale: undefined,
      form: undefined,
      wrongContentType: false,
      ending: undefined,
      ids: [],
    };
    for (const rule of this.#rules.values()) {
      if (!strikes(rule, endpoint)) continue;
      decision.ids.push(rule.fault.id);
      take(decision, rule.fault);
      if (decision.ending !== undefined) break;
    }
    return decision.ids.length === 0 ? undefined : decision;
  }
}

export const faultKinds = faultRule.options.map((option) => option.shape.kind.value);

function strikes(rule: Rule, endpoint: ApiName): boolean {
  const { fault } = rule;
  if (fault.endpoint !== '*' && fault.endpoint !== endpoint) return false;
  rule.matched++;
  if (rule.matched <= (fault.after ?? 0)) return false;
  if (fault.count !== undefined && rule.fired >= fault.count) return false;
  if (fault.probability !== undefined && rule.random() >= fault.probability) return false;
  rule.fired++;
  return true;
}

function take(decision: Decision, fault: Fault): void {
  switch (fault.kind) {
    case 'latency':
      decision.latencyMs += fault.ms;
      break;
    case 'staleRead':
      decision.stale = { ms: fault.ms, versions: fault.versions ?? (fault.ms === undefined ? 1 : undefined) };
      break;
    case 'errorForm':
      decision.form = fault.form;
      break;
    case 'wrongContentType':
      decision.wrongContentType = true;
      break;
    default:
      decision.ending = fault;
  }
}
