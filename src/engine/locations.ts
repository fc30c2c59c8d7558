import { matchesPattern } from '../config/pattern.ts';
import type { Config, LocationConfig } from '../config/schema.ts';

export type Mapped = { readonly oto: string } | 'ignored' | 'unmapped';

/** Which OTO location an ERP code of one source belongs to. Remembers what it was asked, because every stock line asks. */
export class LocationMap {
  readonly #config: Config;
  readonly #source: string;
  readonly #seen = new Map<string, Mapped>();

  constructor(config: Config, source: string) {
    this.#config = config;
    this.#source = source;
  }

  find(erpCode: string): Mapped {
    const known = this.#seen.get(erpCode);
    if (known !== undefined) return known;
    const mapped = this.#match(erpCode);
    this.#seen.set(erpCode, mapped);
    return mapped;
  }

  #match(erpCode: string): Mapped {
    const fits = (pattern: string) => matchesPattern(pattern, erpCode);
    const location = this.#config.locations.find((one) => one.source === this.#source && one.erp.some(fits));
    if (location !== undefined) return { oto: location.oto };
    const ignored = this.#config.ignoreLocations.some((one) => one.source === this.#source && one.erp.some(fits));
    return ignored ? 'ignored' : 'unmapped';
  }
}

export function locationOf(config: Config, oto: string): LocationConfig | undefined {
  return config.locations.find((location) => location.oto === oto);
}

/** The ERP code that results for an OTO location are written under: the first one that is no pattern. */
export function erpCodeOf(config: Config, oto: string): string {
  const location = locationOf(config, oto);
  return location?.erp.find((code) => !code.includes('*')) ?? oto;
}
