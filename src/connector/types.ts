import type { Logger } from 'pino';
import type { Dispatcher } from 'undici';
import type { z } from 'zod';
import type {
  Command,
  CommandName,
  Completeness,
  Movement,
  Product,
  StockDocument,
  StockLevel,
} from '../model/index.ts';

/** The entities that a connector may read, with the shape of one record. */
export interface Entities {
  products: Product;
  stock: StockLevel;
  documents: StockDocument;
  movements: Movement;
}
export type EntityName = keyof Entities;
export const entityNames = ['products', 'stock', 'documents', 'movements'] as const satisfies readonly EntityName[];

/** Opaque to the engine: stored as JSON, handed back unchanged, never inspected. */
export type Checkpoint = null | boolean | number | string | Checkpoint[] | { [key: string]: Checkpoint };

/** Where a record stands in its source, so that a later rejection can name it. */
export interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

/** A record that cannot be used. It is counted and shown, and stops nothing. `reason` is a sentence for the person who mends it. */
export interface Reject extends Place {
  readonly op: 'reject';
  readonly key?: string | undefined;
  readonly column?: string | undefined;
  readonly value?: string | undefined;
  readonly reason: string;
}

export type Change<E extends EntityName = EntityName> =
  | { readonly op: 'upsert'; readonly key: string; readonly value: Entities[E]; readonly place?: Place | undefined }
  | { readonly op: 'delete'; readonly key: string; readonly place?: Place | undefined }
  | Reject;

/** One unit of progress: the engine commits `changes` and `checkpoint` in ONE transaction before it asks for the next page. */
export interface Page<E extends EntityName = EntityName> {
  readonly changes: readonly Change<E>[];
  readonly checkpoint: Checkpoint;
  /** For the progress bar: how much of the source has been read, from 0 to 1, where that is known. */
  readonly progress?: number | undefined;
}

/** The last item of a full read. */
export interface Manifest {
  readonly manifest: {
    /** How many records the source says there are. Must equal what was read (upserts and rejects), or the read fails. */
    readonly expectedRows?: number | undefined;
    /** The moment the figures were true: ISO time with zone. */
    readonly asOf: string;
    readonly completeness: Completeness;
    /** Identifies the content, where the source has such a thing: equal checksums mean equal content. */
    readonly checksum?: string | undefined;
    /** What a person needs to recognise the read: file names, a query, a version. */
    readonly description?: string | undefined;
    /**
     * What a person should know about a read that worked: a guessed character set, codes that look eaten by a spreadsheet. Sentences,
     * few, with counts rather than one for each row. Each becomes a note of the run, and asks for a person when it is said for the first time.
     */
    readonly warnings?: readonly string[] | undefined;
  };
}

/**
 * Yields pages until caught up, then one manifest, then returns. Yielding a manifest without pages means an empty source;
 * returning without a manifest means that there is nothing new (no file has been dropped since the checkpoint).
 * Asking for the next item means that the last one is committed, so code after a `yield` may rely on that.
 */
export type Reader<E extends EntityName> = (request: ReadRequest) => AsyncIterable<Page<E> | Manifest>;

export interface ReadRequest {
  readonly since: Checkpoint;
  readonly signal: AbortSignal;
  /** Where `supports` says `bySku`: a look at a few movements, from the beginning and without any effect on later reads. */
  readonly only?:
    | {
        readonly skus: readonly string[];
        /** ISO time with zone: what was booked earlier is left out. */
        readonly bookedFrom: string;
      }
    | undefined;
}

export interface ReadSupport {
  /** 'full': every read lists everything. 'incremental': a checkpoint narrows the read. */
  readonly mode: 'full' | 'incremental';
  /** 'omitted': the ERP leaves out lines whose quantity is zero. */
  readonly zeros?: 'listed' | 'omitted';
  /** How a vanished record becomes known. 'absence' is only legal with mode 'full'. */
  readonly deletes: 'reported' | 'absence' | 'never';
  /** Of movements: whether a read can be about a few SKUs since a time (`ReadRequest.only`), so that a figure can be explained. */
  readonly bySku?: boolean;
}

/** Plain data, fixed per connector version. The engine, the commands and the contract kit read the same truth. */
export interface Supports {
  readonly read: { readonly [E in EntityName]?: ReadSupport };
  /** For each command: whether the same operation id twice has one effect. If not, an unknown outcome is parked for a person. */
  readonly apply: { readonly [C in CommandName]?: { readonly idempotent: boolean } };
}

export interface ApplyResult {
  readonly outcome: 'done' | 'already-done';
  /** What to search for in the ERP. */
  readonly reference?: string | undefined;
}

/** One open session with one ERP. */
export interface Connector extends AsyncDisposable {
  /** Proves the address, the credentials and the needed rights. Reads no business data. Rejects with a clear error. */
  check(signal: AbortSignal): Promise<void>;
  /** One reader per entity in `supports.read`. */
  readonly read: { readonly [E in EntityName]?: Reader<E> };
  /** Yields an entity's name whenever something new may be there to read. Runs until `signal` is aborted. */
  watch?(entities: readonly EntityName[], signal: AbortSignal): AsyncIterable<EntityName>;
  /** Absent when `supports.apply` is empty. */
  apply?(command: Command, signal: AbortSignal): Promise<ApplyResult>;
}

export interface Context<Options> {
  readonly options: Options;
  /** The source's name in the configuration. */
  readonly source: string;
  /** Relative paths in the options start here: the folder of the configuration file. */
  readonly baseDir: string;
  /** IANA name of the merchant's time zone. */
  readonly timezone: string;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  now(): number;
  readonly dispatcher: Dispatcher;
}

export interface ConnectorDefinition<Options extends z.ZodType = z.ZodType> {
  /** kebab-case. */
  readonly name: string;
  readonly apiVersion: 1;
  readonly title: string;
  readonly summary: string;
  /** Every field needs `.describe()`; secrets use `secret()`. */
  readonly options: Options;
  /** A working example, used in the documentation. */
  readonly example: z.input<Options>;
  readonly supports: Supports;
  /** Raise it when the checkpoint's shape changes; stored ones are dropped and a full read runs. */
  readonly checkpointVersion: number;
  open(context: Context<z.output<Options>>): Promise<Connector>;
}

/** Identity at run time; at compile time it ties `open` to the option schema. */
export function defineConnector<Options extends z.ZodType>(
  definition: ConnectorDefinition<Options>,
): ConnectorDefinition<Options> {
  return definition;
}
