import { suggestion } from '../lib/suggest.ts';
import { isLoopback } from './address.ts';
import type { Finding } from './problem.ts';
import type { Config } from './schema.ts';
import type { DeepPartial } from './walk.ts';

/** The flows that read from a source. */
const readers = ['products', 'stock', 'documents'] as const;

/** `isWritten`: whether something stands at a path of the file, right or wrong. */
export function httpFindings(
  config: DeepPartial<Config>,
  sourceNames: readonly string[],
  isWritten: (path: Finding['path']) => boolean,
): Finding[] {
  return [...listenFindings(config, isWritten), ...hookFindings(config, sourceNames)];
}

/** Health and figures are open, and secrets of hooks travel: nobody on the way may read along. */
function listenFindings({ http }: DeepPartial<Config>, isWritten: (path: Finding['path']) => boolean): Finding[] {
  const { enabled = true, host, trustProxy } = http ?? {};
  if (!enabled || host === undefined || isLoopback(host)) return [];
  const isProtected = isWritten(['http', 'tls']) || (isWritten(['http', 'trustProxy']) && trustProxy !== false);
  if (isProtected) return [];
  return [
    {
      path: ['http', 'host'],
      message: `is "${host}", which others can reach without TLS`,
      hint: 'Write http.tls (cert and key), or http.trustProxy where a proxy in front of it ends TLS and nothing else reaches the port; or listen on 127.0.0.1.',
    },
  ];
}

function hookFindings({ hooks, http, flows }: DeepPartial<Config>, sourceNames: readonly string[]): Finding[] {
  const names = Object.keys(hooks ?? {});
  if (names.length > 0 && http?.enabled === false) {
    return [
      {
        path: ['hooks'],
        message: 'needs the server that http.enabled: false switches off',
        hint: 'Take one of the two out.',
      },
    ];
  }
  return names.flatMap((name): Finding[] => {
    const path = ['hooks', name];
    if (!sourceNames.includes(name))
      return [{ path, message: 'names no source', hint: suggestion(name, sourceNames), atKey: true }];
    if (flows === undefined || readers.some((flow) => flows[flow]?.from === name)) return [];
    return [
      {
        path,
        message: `would wake nothing: no flow reads from "${name}"`,
        hint: `Let one of ${readers.map((flow) => `flows.${flow}`).join(', ')} read from it, or take this hook out.`,
        atKey: true,
      },
    ];
  });
}
