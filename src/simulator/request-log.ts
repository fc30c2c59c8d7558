/** One call as it came in and as it ended. Tokens are never in it. */
export interface RequestRecord {
  readonly seq: number;
  /** Epoch milliseconds with a fraction: when the request was read in full. */
  readonly at: number;
  /** Name in the endpoints table; `unknown` for a path that is none of them. */
  readonly endpoint: string;
  readonly method: string;
  /** Only for `unknown`. */
  readonly path?: string | undefined;
  /** Body or query as it came; left out where it is not JSON. */
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  /** HTTP status answered; null while there is none, and for good after a reset or a hang. */
  status: number | null;
  /** Whether the account changed. Known before the answer goes out, so it holds for lost answers as well. */
  effect: boolean;
  /** productId, transactionID, otoId or order id of what was changed. */
  effectId?: string | number | undefined;
  /** Why OTO refused it, in its new spelling. */
  refusal?: string | undefined;
  /** The fault rules that took part. */
  faults?: readonly string[] | undefined;
}

export interface EndpointCount {
  calls: number;
  effects: number;
}

export interface RequestFilter {
  readonly endpoint?: string | undefined;
  /** Only calls after this one. */
  readonly after?: number | undefined;
  readonly effect?: boolean | undefined;
  /** The newest so many. */
  readonly limit?: number | undefined;
}

/** The last calls, bounded, and a count of all of them by endpoint, which is not. */
export class RequestLog {
  readonly #limit: number;
  #records: RequestRecord[] = [];
  #seq = 0;
  readonly #counts = new Map<string, EndpointCount>();

  constructor(limit = 200_000) {
    this.#limit = limit;
  }

  open(record: Omit<RequestRecord, 'seq' | 'status' | 'effect'>): RequestRecord {
    const opened: RequestRecord = { seq: ++this.#seq, ...record, status: null, effect: false };
    this.#records.push(opened);
    // Trimmed at twice the limit and not at each call: moving the whole list every time would cost more than the call.
    if (this.#records.length >= this.#limit * 2) this.#records = this.#records.slice(-this.#limit);
    this.#count(record.endpoint).calls++;
    return opened;
  }

  effected(record: RequestRecord, id: string | number | undefined): void {
    record.effect = true;
    record.effectId = id;
    this.#count(record.endpoint).effects++;
  }

  #count(endpoint: string): EndpointCount {
    let count = this.#counts.get(endpoint);
    if (count === undefined) {
      count = { calls: 0, effects: 0 };
      this.#counts.set(endpoint, count);
    }
    return count;
  }

  /** Oldest first. */
  list(filter: RequestFilter = {}): RequestRecord[] {
    const { endpoint, after, effect, limit } = filter;
    const found = this.#records
      .slice(-this.#limit)
      .filter(
        (record) =>
          (endpoint === undefined || record.endpoint === endpoint) &&
          (after === undefined || record.seq > after) &&
          (effect === undefined || record.effect === effect),
      );
    return limit === undefined ? found : found.slice(-limit);
  }

  counts(): Record<string, EndpointCount> {
    return Object.fromEntries([...this.#counts].map(([name, count]) => [name, { ...count }]));
  }

  /** Forgets the calls and their counts; the sequence goes on. */
  clear(): void {
    this.#records = [];
    this.#counts.clear();
  }
}
