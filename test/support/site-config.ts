import { defaultRefreshToken } from '../../src/simulator/tokens.ts';

type Section = Readonly<Record<string, unknown>>;

/** A site's `oto` section: a simulated OTO, and no limit of calls. */
export function simulatedOto<Rest extends Section>(baseUrl: string, rest: Rest) {
  return {
    environment: 'simulator',
    baseUrl,
    refreshToken: defaultRefreshToken,
    requestsPerSecond: 'unlimited',
    settleSeconds: 0.05,
    ...rest,
  } as const;
}

/** A site's `sources` section: an ERP that drops CSV files into the folder `erp` beside the configuration. */
export function erpFiles<Options extends Section, Source extends Section>(options: Options, source?: Source) {
  return {
    erp: {
      connector: 'csv',
      ...source,
      options: {
        dir: 'erp',
        quietMs: 0,
        products: { files: 'products.csv' },
        stock: { files: 'stock.csv' },
        documents: { files: 'documents-*.csv' },
        ...options,
      },
    },
  } as const;
}

/** Options of an ERP that renames its files into place, which are whole then. */
export const renamed = {
  products: { files: 'products.csv', ready: 'rename' },
  stock: { files: 'stock.csv', ready: 'rename' },
  documents: { files: 'documents-*.csv', ready: 'rename' },
} as const;
