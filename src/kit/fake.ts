import type { Command, CommandName, Entities, EntityName } from '../connector/index.ts';

/** An effect that a command had in the fake ERP. Its fields, as far as the ERP shows them, are compared with the command's. */
export type Effect = { readonly name: CommandName } & Readonly<Record<string, unknown>>;

/**
 * What may come in place of an answer, from now on to every request:
 * - `denied`: a right is missing (403)
 * - `busy`: come again later (429 with Retry-After, a few seconds at most)
 * - `failing`: the server has a fault of its own (500)
 * - `reset`: the connection is closed in the middle
 * - `garbled`: what comes is no data, such as the HTML page of a proxy with status 200
 */
export type Trouble = 'denied' | 'busy' | 'failing' | 'reset' | 'garbled';

/**
 * A small ERP that a connector's author writes, so that no test needs the real one. Every test starts its own. A method that is missing
 * fails the tests that need it; where the ERP has no such thing, waive them and say why.
 */
export interface Fake extends AsyncDisposable {
  /** The connector's options as the configuration file writes them. Where it pages, choose a page size that makes two or three pages. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Secrets beyond those in `options`: session tokens that the fake gives out. */
  readonly secrets?: readonly string[];
  /** Where relative paths start. */
  readonly baseDir?: string;
  /**
   * Per entity, the key of every record that a read from the beginning must deliver as things stand now: as often as it is delivered, in any
   * order. Never empty, and none of the records is faulty.
   */
  readonly rows: { readonly [E in EntityName]?: readonly string[] };
  /** Changes or adds one or more records; resolves to their keys. */
  edit?(entity: EntityName): Promise<readonly string[]>;
  /** Takes away one or more records; resolves to their keys. */
  remove?(entity: EntityName): Promise<readonly string[]>;
  /**
   * Adds two or more records that stand level with the newest one in whatever the checkpoint goes by (a time of change, a number, a
   * file's time), some of them sorting before it in all else; resolves to their keys.
   */
  ties?(entity: EntityName): Promise<readonly string[]>;
  /** From now on the credentials are refused (`auth`), or nothing answers at the address (`host`). */
  fail?(failure: 'auth' | 'host'): Promise<void>;
  /** Those that this ERP can come to. */
  readonly troubles?: { readonly [T in Trouble]?: () => Promise<void> | void } & {
    /** Requests are taken, and never answered. Resolves when the first has come. */
    readonly silent?: () => Promise<void>;
  };
  /** The next read of the entity breaks in the middle: the connection is lost after some records, or a file was cut. */
  breakOff?(entity: EntityName): Promise<void>;
  /** Adds these records to the entity, exactly as they are. */
  hostile?(entity: EntityName, records: readonly Partial<Entities[EntityName]>[]): Promise<void>;
  /** Adds one record that no connector can use, such as one whose quantity is no number. */
  bad?(entity: EntityName): Promise<void>;
  /** All effects that commands have had so far. */
  applied?(): Promise<readonly Effect[]>;
}

/** What the kit asks a connector to apply. The fake has to know this order, these SKUs and this document where its ERP would. */
export const sampleCommands: { readonly [C in CommandName]: Extract<Command, { name: C }> } = {
  'set-packing-status': {
    name: 'set-packing-status',
    id: 'op-0001',
    orderId: 'ORDER-1',
    status: 'packed',
    at: '2026-11-20T05:15:00Z',
    by: 'نورة',
    location: 'MAIN',
  },
  'write-stock': {
    name: 'write-stock',
    id: 'op-0002',
    asOf: '2026-11-20T05:15:00Z',
    lines: [
      { sku: 'SKU-1', location: 'MAIN', quantity: '7' },
      { sku: 'SKU-2', location: 'MAIN', quantity: '0' },
    ],
  },
  'note-document': {
    name: 'note-document',
    id: 'op-0003',
    documentId: 'DOC-1',
    reference: 'GRN-1-3FA9C1',
    text: 'Received by OTO.',
  },
};
