import type { Config, FlowName } from '../config/schema.ts';
import type { Connector, ConnectorDefinition } from '../connector/types.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Logger } from '../lib/log.ts';
import type { Clock } from '../lib/time.ts';
import type { OtoClient } from '../oto/index.ts';
import type { Database } from '../store/db.ts';
import type { NewOperation } from '../store/operation-steps.ts';
import type { PlanItem } from '../store/plans.ts';
import type { Queryable } from '../store/queryable.ts';
import type { Counts, Run, RunNote } from '../store/runs.ts';
import type { Progress } from './progress.ts';

/** What every step works with; made once by `app.ts`. */
export interface Bridge {
  readonly config: Config;
  /** Changes whenever the configuration maps something else. */
  readonly mappingHash: string;
  readonly db: Database;
  readonly oto: OtoClient;
  readonly jobs: Jobs;
  readonly log: Logger;
  readonly now: Clock;
  /** Who acts: a person at a terminal or a worker, as it stands in events. */
  readonly who: string;
  /** Opens the source's connector at its first use. */
  source(name: string): Promise<{ readonly definition: ConnectorDefinition; readonly connector: Connector }>;
}

export interface RunFilter {
  readonly sku?: string | undefined;
  readonly location?: string | undefined;
  readonly acceptOlder?: boolean | undefined;
  /** ERP locations that the export no longer lists are empty. */
  readonly acceptMissing?: boolean | undefined;
  /** The run whose figures go back to what they were: nothing is read of the ERP. */
  readonly undoes?: number | undefined;
}

/** Whether a run takes all of its flow, as its source has it. */
export function isWhole({ sku, location, undoes }: RunFilter): boolean {
  return sku === undefined && location === undefined && undoes === undefined;
}

/** One run of one flow, while it goes on. */
export interface RunContext extends Bridge {
  readonly run: Run;
  readonly filter: RunFilter;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Added to as the run goes on. */
  readonly tally: { -readonly [Name in keyof Counts]: number };
  readonly notes: RunNote[];
  /** What the run brought, by name: `read`, `rows/RUH1`. signs.ts says what they are for. */
  readonly signs: Map<string, number>;
  note(note: RunNote): void;
}

export type PlanOutcome =
  /** There is a plan; it may hold nothing. */
  | { readonly kind: 'planned'; readonly planId: number }
  /** The source has nothing that was not read before. */
  | { readonly kind: 'nothing-new' }
  /** The source delivered no rows at all. */
  | { readonly kind: 'empty' };

/** What the engine needs to know of a flow. One file in `src/flows` each; the engine imports none of them. */
export interface Flow {
  readonly name: FlowName;
  readonly title: string;
  /** The source that it reads or writes; one run per flow and source at a time. */
  source(config: Config): string | null;
  /** OTO locations whose starting state has to be adopted; `*` for the flow as a whole; none where nothing is sent unasked. */
  adoptable(config: Config): readonly string[];
  /** Reads both sides and stores a plan. Sends nothing. */
  plan(context: RunContext): Promise<PlanOutcome>;
  /** The operation that carries out one plan item. Called while a transaction is open: it asks neither the ERP nor OTO. */
  operation(item: PlanItem, context: RunContext): NewOperation | Promise<NewOperation>;
  /** Reads OTO's side of the given items again and names those whose precondition no longer holds, with what moved. */
  recheck?(items: readonly PlanItem[], context: RunContext): Promise<ReadonlyMap<number, string>>;
  /** What follows once the plan's operations are written, in the same transaction as them. */
  planned?(items: readonly PlanItem[], context: RunContext, db: Queryable): Promise<void>;
}
