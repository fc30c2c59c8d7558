const smallest = 16_384;

/**
 * Tells whether a key came before, over millions of keys in 16 bytes each: it keeps a hash of 64 bits instead of the key. Two keys of
 * one hash would pass for one, so what it says may only ever cost time.
 */
export class KeySet {
  /** Pairs of halves; 0 and 0 is an empty place. */
  #places = new Uint32Array(2 * smallest);
  #mask = smallest - 1;
  #size = 0;

  /** False: it was there already. `salt` tells apart equal texts of different kinds. */
  add(text: string, salt: number): boolean {
    let high = 0x811c9dc5 ^ salt;
    let low = 0x41c6ce57 ^ salt;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      high = Math.imul(high ^ code, 0x9e3779b1);
      low = Math.imul(low ^ code, 0x5f356495);
    }
    high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
    low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
    const added = this.#put(high >>> 0, (low | 1) >>> 0);
    if (added && this.#size * 2 > this.#mask) this.#grow();
    return added;
  }

  #put(high: number, low: number): boolean {
    const places = this.#places;
    for (let place = high & this.#mask; ; place = (place + 1) & this.#mask) {
      const found = places[2 * place + 1];
      if (found === 0) {
        places[2 * place] = high;
        places[2 * place + 1] = low;
        this.#size += 1;
        return true;
      }
      if (found === low && places[2 * place] === high) return false;
    }
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Uint32Array(before.length * 2);
    this.#mask = this.#mask * 2 + 1;
    this.#size = 0;
    for (let place = 0; place < before.length; place += 2) {
      const low = before[place + 1] as number;
      if (low !== 0) this.#put(before[place] as number, low);
    }
    release(before);
  }

  /** Gives its memory back. Whatever is added afterwards counts as new. */
  clear(): void {
    release(this.#places);
    this.#places = new Uint32Array(2 * smallest);
    this.#mask = smallest - 1;
    this.#size = 0;
  }
}

/** At once: the collector would let tens of megabytes lie about until it finds the heap itself, which is small, worth a look. */
function release(places: Uint32Array<ArrayBuffer>): void {
  places.buffer.transfer(0);
}
