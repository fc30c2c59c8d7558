import { cleanError } from '../lib/clean.ts';
import type { Redactor } from '../lib/redact.ts';
import type { Connector, EntityName, Manifest, Page, Reader, ReadRequest } from './types.ts';

/**
 * The connector as the bridge uses it: what it throws holds no secret. A driver or an ERP may quote a password or a token in its
 * error, and errors are printed, logged, stored and sent to people.
 */
export function guarded(connector: Connector, redactor: Redactor): Connector {
  const clean = (error: unknown): never => {
    throw cleanError(error, redactor);
  };
  async function* items<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* source;
    } catch (error) {
      clean(error);
    }
  }
  const reader =
    <E extends EntityName>(read: Reader<E>): Reader<E> =>
    (request: ReadRequest): AsyncIterable<Page<E> | Manifest> => {
      try {
        return items(read.call(connector.read, request));
      } catch (error) {
        return clean(error);
      }
    };
  // Called as methods: a connector may be a class.
  const watch = connector.watch?.bind(connector);
  const apply = connector.apply?.bind(connector);
  return {
    check: (signal) => connector.check(signal).catch(clean),
    read: Object.fromEntries(
      Object.entries(connector.read).map(([entity, read]) => [entity, reader(read as Reader<EntityName>)]),
    ) as Connector['read'],
    ...(watch === undefined ? {} : { watch: (entities, signal) => items(watch(entities, signal)) }),
    ...(apply === undefined ? {} : { apply: (command, signal) => apply(command, signal).catch(clean) }),
    [Symbol.asyncDispose]: () => Promise.resolve(connector[Symbol.asyncDispose]()).catch(clean),
  };
}
