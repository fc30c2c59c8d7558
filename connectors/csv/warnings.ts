/** Examples that are shown of one kind of thing. */
const mostExamples = 3;

/** Kinds that are kept apart. More than this are no help to anybody. */
const mostKinds = 50;

interface Counted {
  readonly examples: string[];
  count: number;
}

/** What a person should know about one read that works: each thing once, with a count and the first examples. */
export class Warnings {
  readonly #kinds = new Map<string, Counted>();

  /**
   * `what` is a sentence without its full stop; the same text is the same warning. `example` says where: `stock.csv line 7 "1E+05"`.
   * Cheap enough for every row of a large file.
   */
  add(what: string, example?: string): void {
    let counted = this.#kinds.get(what);
    if (counted === undefined) {
      if (this.#kinds.size >= mostKinds) return;
      counted = { examples: [], count: 0 };
      this.#kinds.set(what, counted);
    }
    if (example === undefined) return;
    counted.count += 1;
    if (counted.examples.length < mostExamples) counted.examples.push(example);
  }

  /** The sentences, in the order in which they were first met. */
  list(): string[] {
    return Array.from(this.#kinds, ([what, { examples, count }]) => {
      if (count === 0) return `${what}.`;
      const more = count - examples.length;
      return `${what}: ${examples.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
    });
  }
}
