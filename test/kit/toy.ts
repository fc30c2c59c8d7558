import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import {
  BridgeError,
  type Change,
  type Command,
  type Connector,
  type ConnectorDefinition,
  connectorErrors,
  defineConnector,
  type EntityName,
  type Manifest,
  type Page,
  type Product,
  type ReadRequest,
  type StockLevel,
  secret,
  stockKey,
} from '../../src/connector/index.ts';
import type { Effect, Fake, Trouble } from '../../src/kit/index.ts';
import { troublesBy } from '../support/trouble.ts';

/** Each is one mistake that an author may make. */
export type Fault =
  | 'resumes-after-time'
  | 'logs-password'
  | 'password-in-error'
  | 'manifest-after-break'
  | 'one-key-for-two'
  | 'applies-twice'
  | 'ignores-abort'
  | 'drops-bad-rows'
  | 'floats'
  | 'acknowledges-early'
  | 'loose-options'
  | 'leaks-timer'
  | 'leaves-file-open'
  | 'forgets-deletes'
  | 'time-in-future'
  | 'date-in-checkpoint'
  | 'chatty'
  | 'idle-page'
  | 'keeps-a-lock'
  | 'takes-page-for-end'
  | 'retries-denied'
  | 'never-ends';

interface Item {
  id: string;
  sku: string;
  name: string;
  price: string;
  time: number;
}

/** A little ERP in memory. */
export class ToyErp {
  password = 'correct-horse-battery';
  up = true;
  troubled: Trouble | undefined;
  /** Left behind by a session that ended without closing. */
  locked = false;
  /** The next read of this entity breaks after its first page. */
  broken: EntityName | undefined;
  items: Item[] = ['1', '2', '3', '4', '5'].map((id) => this.item(id, Number(id)));
  gone: { id: string; time: number }[] = [];
  stock: StockLevel[] = ['1', '2', '3'].map((id) => ({ sku: `SKU-${id}`, location: 'MAIN', quantity: id }));
  statuses: Command[] = [];
  time = 5;
  /** What the ERP was told to have been taken, for the connector that tells too early. */
  taken = new Set<string>();
  timers: NodeJS.Timeout[] = [];
  files: FileHandle[] = [];

  item(id: string, time: number): Item {
    return { id, sku: `SKU-${id}`, name: `Item ${id}`, price: '1.50', time };
  }
}

/** ERPs by their address: what a network is to a real connector. */
const network = new Map<string, ToyErp>();
let addresses = 0;

const toyOptions = z.strictObject({
  address: z.string().describe('Where the ERP is.'),
  password: secret(z.string()).describe('Its password.'),
  pageSize: z.int().min(1).default(100).describe('Records read at a time.'),
});
const looseOptions = z.object(toyOptions.shape);

const position = z.object({ time: z.number(), seen: z.array(z.string()) });

export function toyConnector(...faults: Fault[]): ConnectorDefinition<typeof toyOptions> {
  const has = (fault: Fault) => faults.includes(fault);
  return defineConnector({
    name: 'toy',
    apiVersion: 1,
    title: 'Toy',
    summary: 'An ERP in memory.',
    options: has('loose-options') ? (looseOptions as unknown as typeof toyOptions) : toyOptions,
    example: { address: 'toy-1', password: 'secret-of-toy' },
    supports: {
      read: {
        products: { mode: 'incremental', deletes: 'reported' },
        stock: { mode: 'full', zeros: 'listed', deletes: 'absence' },
      },
      apply: { 'set-packing-status': { idempotent: true } },
    },
    checkpointVersion: 1,
    async open({ options, log }): Promise<Connector> {
      function connect(): ToyErp {
        const erp = network.get(options.address);
        if (erp?.up !== true) {
          throw new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
            message: `Nothing answers at ${options.address}.`,
            hint: 'Check `address`.',
          });
        }
        if (erp.troubled === 'denied' && !has('retries-denied')) {
          throw new BridgeError(connectorErrors.CONNECTOR_AUTH, {
            message: 'The ERP denies it.',
            hint: 'Ask for the right.',
          });
        }
        if (erp.troubled !== undefined) {
          throw new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
            message: `The ERP is in trouble: ${erp.troubled}.`,
            hint: 'The bridge tries again.',
          });
        }
        if (erp.password === options.password) return erp;
        throw new BridgeError(connectorErrors.CONNECTOR_AUTH, {
          message: has('password-in-error') ? `${options.password} is wrong.` : 'The ERP refuses the password.',
          hint: 'Check `password`.',
        });
      }
      const connectionLost = () =>
        new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, { message: 'The connection was lost.' });

      const toProduct = ({ id, sku, name, price }: Item): Change<'products'>[] => {
        if (!/^\d+(\.\d+)?$/.test(price)) {
          if (has('drops-bad-rows')) return [];
          return [{ op: 'reject', key: id, column: 'price', value: price, reason: 'the price is no number' }];
        }
        const exact = has('floats') ? String(Number(price)) : price;
        const value: Product = { id, sku, name, price: exact, active: true, type: 'storable' };
        return [{ op: 'upsert', key: has('one-key-for-two') && id === '2' ? '1' : id, value }];
      };

      async function* products({ since, signal }: ReadRequest): AsyncGenerator<Page<'products'> | Manifest, void> {
        if (has('takes-page-for-end') && network.get(options.address)?.troubled === 'garbled') return;
        const erp = connect();
        if (has('keeps-a-lock') && erp.locked) {
          throw new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, { message: 'Another read is under way.' });
        }
        erp.locked = true;
        using _lock = { [Symbol.dispose]: () => void Object.assign(erp, { locked: false }) };
        const asOf = new Date().toISOString();
        let { time, seen } = position.parse(since ?? { time: 0, seen: [] });
        let pages = 0;
        if (has('leaves-file-open')) erp.files.push(await open(import.meta.filename));
        if (has('leaks-timer')) erp.timers.push(setInterval(() => {}, 60_000));
        for (;;) {
          if (!has('ignores-abort')) signal.throwIfAborted();
          const records = [
            ...erp.items.map((item) => ({ id: item.id, time: item.time, changes: toProduct(item) })),
            ...(has('forgets-deletes') ? [] : erp.gone).map(({ id, time }) => ({
              id,
              time,
              changes: [{ op: 'delete', key: id }] as Change<'products'>[],
            })),
          ];
          const next = records
            .filter((one) => (has('resumes-after-time') ? one.time > time : one.time >= time))
            .filter((one) => has('never-ends') || one.time > time || !seen.includes(one.id))
            .filter((one) => !has('acknowledges-early') || !erp.taken.has(`${one.id}@${one.time}`))
            .sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1))
            .slice(0, options.pageSize);
          if (next.length === 0) break;
          const last = next.at(-1)?.time ?? time;
          const level = next.filter((one) => one.time === last).map((one) => one.id);
          seen = last === time ? [...seen, ...level] : level;
          time = last;
          pages += 1;
          for (const one of next) erp.taken.add(`${one.id}@${one.time}`);
          const checkpoint = has('date-in-checkpoint')
            ? { time, seen, at: new Date() as unknown as string }
            : { time, seen };
          yield { changes: next.flatMap((one) => one.changes), checkpoint };
          if (erp.broken === 'products') {
            if (has('manifest-after-break')) break;
            throw connectionLost();
          }
        }
        const claimed = has('time-in-future') ? '2999-01-01T00:00:00Z' : asOf;
        if (pages > 0) yield { manifest: { asOf: claimed, completeness: 'likely' } };
        else if (has('idle-page')) yield { changes: [], checkpoint: { time, seen } };
      }

      async function* stock({ signal }: ReadRequest): AsyncGenerator<Page<'stock'> | Manifest, void> {
        const erp = connect();
        const asOf = new Date().toISOString();
        const expectedRows = erp.stock.length;
        for (let start = 0; start < erp.stock.length; start += options.pageSize) {
          if (!has('ignores-abort')) signal.throwIfAborted();
          const changes = erp.stock.slice(start, start + options.pageSize).map((value): Change<'stock'> => {
            const key = stockKey(value.sku, value.location);
            if (/^-?\d+(\.\d+)?$/.test(value.quantity)) return { op: 'upsert', key, value };
            return { op: 'reject', key, column: 'quantity', value: value.quantity, reason: 'is no number' };
          });
          yield { changes, checkpoint: null };
          if (erp.broken === 'stock') throw connectionLost();
        }
        if (!has('ignores-abort')) signal.throwIfAborted();
        yield { manifest: { asOf, expectedRows, completeness: 'proven' } };
      }

      return {
        async check() {
          connect();
          if (has('logs-password')) log.debug({ options }, 'connected');
          if (has('chatty')) log.info('connected');
        },
        read: { products, stock },
        async apply(command) {
          const erp = connect();
          if (command.name !== 'set-packing-status') {
            throw new BridgeError(connectorErrors.CONNECTOR_UNSUPPORTED, {
              message: `The toy cannot ${command.name}.`,
            });
          }
          if (!has('applies-twice') && erp.statuses.some(({ id }) => id === command.id)) {
            return { outcome: 'already-done' };
          }
          erp.statuses.push(command);
          return { outcome: 'done' };
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  });
}

/** A fresh ERP with the connector's options for it. */
export async function startToy(): Promise<Fake> {
  const erp = new ToyErp();
  addresses += 1;
  const address = `toy-${addresses}`;
  network.set(address, erp);
  const change = (id: string, time: number) => {
    erp.items = [...erp.items.filter((item) => item.id !== id), erp.item(id, time)];
    return id;
  };
  return {
    options: { address, password: erp.password, pageSize: 2 },
    get rows() {
      const items = erp.items.filter(({ price }) => /^\d/.test(price));
      const stock = erp.stock.filter(({ quantity }) => quantity !== 'many');
      return { products: items.map(({ id }) => id), stock: stock.map((one) => stockKey(one.sku, one.location)) };
    },
    async edit() {
      erp.time += 1;
      return [change('3', erp.time), change('6', erp.time)];
    },
    async remove(entity) {
      if (entity === 'stock') return erp.stock.splice(0, 1).map((one) => stockKey(one.sku, one.location));
      erp.time += 1;
      erp.items.splice(0, 1);
      erp.gone.push({ id: '1', time: erp.time });
      return ['1'];
    },
    async ties() {
      return ['0', '7', '8'].map((id) => change(id, erp.time));
    },
    async fail(failure) {
      if (failure === 'auth') erp.password = 'changed-meanwhile';
      else erp.up = false;
    },
    troubles: troublesBy((one) => {
      erp.troubled = one;
    }),
    async breakOff(entity) {
      erp.broken = entity;
    },
    async hostile(entity, records) {
      if (entity === 'stock') {
        erp.stock.push(...(records as StockLevel[]));
        return;
      }
      erp.items.push(
        ...(records as Product[]).map(({ sku, name, price }, index) => {
          erp.time += 1;
          return { id: `H-${index}`, sku, name, price, time: erp.time };
        }),
      );
    },
    async bad(entity) {
      if (entity === 'stock') erp.stock.push({ sku: 'SKU-9', location: 'MAIN', quantity: 'many' });
      else erp.items.push({ ...erp.item('9', 5), price: 'free' });
    },
    async applied() {
      return erp.statuses as Effect[];
    },
    async [Symbol.asyncDispose]() {
      network.delete(address);
      for (const timer of erp.timers) clearInterval(timer);
      for (const file of erp.files) await file.close();
    },
  };
}
