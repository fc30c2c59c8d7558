/** Work under way, counted: whoever closes waits until it has ended. */
export interface UnderWay {
  begin(): void;
  end(): void;
  during<Value>(work: Promise<Value>): Promise<Value>;
  /** Resolves as soon as nothing is under way. */
  ended(): Promise<void>;
}

export function createUnderWay(): UnderWay {
  let count = 0;
  /** There while somebody waits for the end. */
  let none: PromiseWithResolvers<void> | undefined;

  function begin(): void {
    count += 1;
  }

  function end(): void {
    count -= 1;
    if (count > 0) return;
    none?.resolve();
    none = undefined;
  }

  return {
    begin,
    end,
    async during(work) {
      begin();
      try {
        return await work;
      } finally {
        end();
      }
    },
    async ended() {
      if (count === 0) return;
      none ??= Promise.withResolvers();
      await none.promise;
    },
  };
}
