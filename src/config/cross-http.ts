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
  return [...listenFindings(config, isWritten), ...hookFindings(config, sourceNames), ...webhookFindings(config)];
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

function webhookFindings({ webhooks, http, oto }: DeepPartial<Config>): Finding[] {
  if (webhooks === undefined) return [];
  if (http?.enabled === false) {
    return [
      {
        path: ['webhooks'],
        message: 'needs the server that http.enabled: false switches off',
        hint: 'Take one of the two out.',
      },
    ];
  }
  const { url } = webhooks;
  if (url === undefined || !URL.canParse(url) || oto?.environment === 'simulator') return [];
  const { protocol, hostname, search, hash } = new URL(url);
  const path = ['webhooks', 'url'];
  if (search !== '' || hash !== '')
    return [
      { path, message: 'must be an address without ? and #', hint: 'The path of each webhook is put behind it.' },
    ];
  if (protocol === 'https:' && !isLoopback(hostname)) return [];
  return [
    {
      path,
      message: protocol === 'https:' ? 'is an address that OTO cannot reach' : 'must begin with https://',
      hint: 'OTO calls it over the internet, and sends the authorization key along.',
    },
  ];
}
