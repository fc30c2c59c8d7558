import { CronExpressionParser } from 'cron-parser';
import { messageOf } from '../lib/errors.ts';
import { suggestion } from '../lib/suggest.ts';
import { isLoopback, otoAddresses } from './address.ts';
import { httpFindings } from './cross-http.ts';
import { patternsOverlap } from './pattern.ts';
import type { Finding } from './problem.ts';
import { type Config, type FlowName, flowNames } from './schema.ts';
import type { DeepPartial } from './walk.ts';

/** What the checks need to know of a connector. */
export interface Abilities {
  readonly supports: { readonly read: object; readonly apply: object };
}

export interface CrossInput {
  /** The parts of the configuration that are right by themselves. */
  readonly config: DeepPartial<Config>;
  /** Names under `sources`, also of those whose content is wrong: they exist, so nobody should be told that they do not. */
  readonly sourceNames: readonly string[];
  readonly connectors: ReadonlyMap<string, Abilities>;
  /** Whether something stands at a path of the file, right or wrong. */
  readonly isWritten: (path: Finding['path']) => boolean;
}

/** The checks that no single field can make. */
export function crossCheck(input: CrossInput): Finding[] {
  return [
    ...addressFindings(input),
    ...leaseFindings(input),
    ...locationFindings(input),
    ...codeFindings(input),
    ...flowFindings(input),
    ...httpFindings(input.config, input.sourceNames, input.isWritten),
  ];
}

function addressFindings({ config: { oto }, isWritten }: CrossInput): Finding[] {
  const { environment, baseUrl } = oto ?? {};
  if (environment === undefined) return [];
  const path = ['oto', 'baseUrl'];
  if (environment === 'simulator' && !isWritten(path)) {
    return [
      {
        path,
        message: 'is missing',
        hint: 'The simulator has no fixed address. Write the one that `oto-bridge simulator` prints, such as http://127.0.0.1:4010/rest/v2/',
      },
    ];
  }
  if (baseUrl === undefined) return [];
  const url = new URL(baseUrl);
  const found: Finding[] = [];
  for (const [name, address] of Object.entries(otoAddresses)) {
    if (url.hostname === new URL(address).hostname && name !== environment) {
      found.push({
        path,
        message: `is the address of ${name}, but oto.environment is ${environment}`,
        hint: 'Tokens are good for one environment only: change one of the two.',
      });
    }
  }
  if (url.username !== '' || url.password !== '') {
    found.push({
      path,
      message: 'holds a user name or a password',
      hint: 'OTO knows the bridge by oto.refreshToken: take the credentials out of the address.',
    });
  }
  if (!['http:', 'https:'].includes(url.protocol)) {
    found.push({ path, message: 'must begin with https://', hint: `Write for example ${otoAddresses.production}` });
  } else if (environment !== 'simulator' && url.protocol !== 'https:' && !isLoopback(url.hostname)) {
    found.push({
      path,
      message: 'must begin with https://',
      hint: 'The refresh token travels to this address: without https anybody on the way can read it.',
    });
  }
  return found;
}

function leaseFindings({ config: { oto, push } }: CrossInput): Finding[] {
  const timeout = oto?.timeoutSeconds;
  const lease = push?.leaseSeconds;
  if (timeout === undefined || lease === undefined || lease > timeout) return [];
  return [
    {
      path: ['push', 'leaseSeconds'],
      message: `must exceed oto.timeoutSeconds (${timeout}), but it is ${lease}`,
      hint: `A call may last as long as the timeout, and its lease has to outlive it. Write at least ${timeout * 2}, or lower oto.timeoutSeconds.`,
    },
  ];
}

function locationFindings({ config, sourceNames }: CrossInput): Finding[] {
  const firstAt = new Map<string, number>();
  const found: Finding[] = [];
  for (const [index, location] of (config.locations ?? []).entries()) {
    const { oto, source } = location ?? {};
    if (source !== undefined) found.push(...unknownSource(['locations', index, 'source'], source, sourceNames));
    if (oto === undefined) continue;
    const first = firstAt.get(oto);
    if (first === undefined) firstAt.set(oto, index);
    else {
      found.push({
        path: ['locations', index, 'oto'],
        message: `is "${oto}", which locations[${first}] maps already`,
        hint: 'An OTO location appears once: list all its ERP codes in one entry, under erp.',
      });
    }
  }
  for (const [index, ignored] of (config.ignoreLocations ?? []).entries()) {
    if (ignored?.source !== undefined) {
      found.push(...unknownSource(['ignoreLocations', index, 'source'], ignored.source, sourceNames));
    }
  }
  return found;
}

function unknownSource(path: Finding['path'], name: string, names: readonly string[]): Finding[] {
  if (names.includes(name)) return [];
  return [{ path, message: `is "${name}", which is not under sources`, hint: suggestion(name, names) }];
}

function codeFindings({ config }: CrossInput): Finding[] {
  const found: Finding[] = [];
  const claimed: { source: string; code: string; index: number }[] = [];
  for (const [index, location] of (config.locations ?? []).entries()) {
    for (const [position, code] of (location?.erp ?? []).entries()) {
      const source = location?.source;
      if (code === undefined || source === undefined) continue;
      const other = claimed.find(
        (one) => one.source === source && (one.index === index ? one.code === code : patternsOverlap(one.code, code)),
      );
      if (other !== undefined) {
        const how =
          other.code === code
            ? `is "${code}", which locations[${other.index}] maps already`
            : `is "${code}", which overlaps with "${other.code}" of locations[${other.index}]`;
        found.push({
          path: ['locations', index, 'erp', position],
          message: how,
          hint: 'One ERP code of a source belongs to one OTO location: its stock would be counted twice.',
        });
      } else claimed.push({ source, code, index });
    }
  }
  for (const [index, ignored] of (config.ignoreLocations ?? []).entries()) {
    for (const [position, code] of (ignored?.erp ?? []).entries()) {
      const other = claimed.find((one) => one.source === ignored?.source && one.code === code);
      if (other === undefined) continue;
      found.push({
        path: ['ignoreLocations', index, 'erp', position],
        message: `is "${code}", which locations[${other.index}] maps`,
        hint: 'Take it out of one of the two.',
      });
    }
  }
  return found;
}

/** What a flow asks of the connector that it names. */
const needs: Record<FlowName, { key: 'from' | 'to'; kind: 'read' | 'apply'; ability: string }> = {
  products: { key: 'from', kind: 'read', ability: 'products' },
  stock: { key: 'from', kind: 'read', ability: 'stock' },
  documents: { key: 'from', kind: 'read', ability: 'documents' },
  packing: { key: 'to', kind: 'apply', ability: 'set-packing-status' },
  'stock-back': { key: 'to', kind: 'apply', ability: 'write-stock' },
};

function flowFindings({ config, sourceNames, connectors }: CrossInput): Finding[] {
  const found: Finding[] = [];
  for (const flow of flowNames) {
    const settings = config.flows?.[flow];
    if (settings === undefined) continue;
    if (settings.schedule !== undefined) found.push(...cronFindings(flow, settings.schedule, config.timezone));
    const { key, kind, ability } = needs[flow];
    const name = (settings as { from?: string; to?: string })[key];
    if (name === undefined) continue;
    const path = ['flows', flow, key];
    found.push(...unknownSource(path, name, sourceNames));
    if (sourceNames.includes(name)) found.push(...idleFindings(flow, name, config.locations ?? [], sourceNames));
    found.push(...unable(path, name, { kind, ability }, connectors, `flows.${flow}`));
    if (flow !== 'documents' || config.flows?.documents?.note !== true) continue;
    const need = { kind: 'apply', ability: 'note-document' } as const;
    found.push(...unable(path, name, need, connectors, 'flows.documents.note'));
  }
  return found;
}

function unable(
  path: Finding['path'],
  source: string,
  { kind, ability }: Pick<(typeof needs)[FlowName], 'kind' | 'ability'>,
  connectors: CrossInput['connectors'],
  leaveOut: string,
): Finding[] {
  const connector = connectors.get(source);
  if (connector === undefined || Object.hasOwn(connector.supports[kind], ability)) return [];
  const able = [...connectors].filter(([, one]) => Object.hasOwn(one.supports[kind], ability)).map(([other]) => other);
  const can = Object.keys(connector.supports[kind]).join(', ') || 'nothing';
  const verb = kind === 'read' ? 'read' : 'take';
  return [
    {
      path,
      message: `is "${source}", whose connector cannot ${verb} ${ability}`,
      hint: `It can ${verb}: ${can}. ${able.length > 0 ? `Able is: ${able.join(', ')}.` : `No source can; leave ${leaveOut} out.`}`,
    },
  ];
}

/** A flow without any location to act on would run green for ever. */
function idleFindings(
  flow: FlowName,
  source: string,
  locations: DeepPartial<Config['locations']>,
  sourceNames: readonly string[],
): Finding[] {
  if (flow !== 'stock' && flow !== 'documents') return [];
  const known = locations.filter((location) => location !== undefined);
  // A location that is wrong itself may be the one.
  const right = known.every((location) => sourceNames.includes(location.source ?? ''));
  if (known.length === 0 || known.length < locations.length || !right) return [];
  const acts = ({ source: from, stock = 'erp' }: (typeof known)[number]) =>
    from === source && (flow !== 'stock' || stock === 'erp');
  if (known.some(acts)) return [];
  const wanted = `source: ${source}${flow === 'stock' ? ' and stock: erp' : ''}`;
  return [
    {
      path: ['flows', flow, needs[flow].key],
      message: `is "${source}", but no location has ${wanted}`,
      hint: `The flow would run and never do anything. Map its ERP locations in \`locations\`, or leave flows.${flow} out.`,
    },
  ];
}

function cronFindings(flow: FlowName, expression: string, timezone: string | undefined): Finding[] {
  const path = ['flows', flow, 'schedule'];
  const hint =
    'Five fields: minute, hour, day of month, month, day of week. For example "0 2 * * *" (daily at 02:00) or "*/15 * * * *".';
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5) {
    return [
      {
        path,
        message: `has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'} where a cron expression has five`,
        hint,
      },
    ];
  }
  // cron-parser also takes L, W, # and H, which the scheduler does not.
  const strange = fields.find(
    (field) =>
      !/^([\d*,/-]|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)\b)+$/i.test(field),
  );
  if (strange !== undefined) return [{ path, message: `holds "${strange}", which is no cron field`, hint }];
  try {
    CronExpressionParser.parse(expression, { tz: timezone ?? 'UTC' });
    return [];
  } catch (error) {
    return [{ path, message: `is no cron expression: ${messageOf(error)}`, hint }];
  }
}
