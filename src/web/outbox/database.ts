import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Memory } from '../device.ts';
import type { Drawer, KeptAction } from './drawer.ts';

interface Schema extends DBSchema {
  /** Keyed by a number that grows: the order in which they were done, in whatever tab. */
  outbox: { key: number; value: KeptAction; indexes: { id: string } };
  memory: { key: string; value: { readonly value: unknown; readonly at: Date } };
}

export interface DeviceDatabase {
  readonly drawer: Drawer;
  readonly memory: Memory;
}

/** @throws where the browser keeps nothing: a private window, storage switched off, a disk that is full */
export async function openDeviceDatabase(name = 'oto-bridge.station'): Promise<DeviceDatabase> {
  const open = () =>
    openDB<Schema>(name, 1, {
      upgrade(database) {
        database.createObjectStore('outbox', { autoIncrement: true }).createIndex('id', 'action.id', { unique: true });
        database.createObjectStore('memory');
      },
      // Another tab has a newer page with a newer database: this one must not keep it waiting.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
      terminated: () => {
        database = undefined;
      },
    });
  let database: Promise<IDBPDatabase<Schema>> | undefined = open();
  await database;
  const connection = () => {
    database ??= open();
    return database;
  };
  return { drawer: drawerIn(connection), memory: memoryIn(connection) };
}

type Connection = () => Promise<IDBPDatabase<Schema>>;

function drawerIn(connection: Connection): Drawer {
  return {
    durable: true,
    async add(entry) {
      // Strict: on the disk, not only on its way there, when the page shows it. A handheld loses its battery.
      const change = (await connection()).transaction('outbox', 'readwrite', { durability: 'strict' });
      await Promise.all([change.store.add(entry), change.done]);
    },
    async all() {
      return (await connection()).getAll('outbox');
    },
    async settle({ done, refused }) {
      const change = (await connection()).transaction('outbox', 'readwrite');
      const byId = change.store.index('id');
      for (const id of done) {
        const key = await byId.getKey(id);
        if (key !== undefined) await change.store.delete(key);
      }
      for (const { id, refusal, message } of refused) {
        const key = await byId.getKey(id);
        const entry = await byId.get(id);
        if (key !== undefined && entry !== undefined)
          await change.store.put({ ...entry, refused: { refusal, message } }, key);
      }
      await change.done;
    },
  };
}

function memoryIn(connection: Connection): Memory {
  return {
    async recall<T>(key: string) {
      const found = await connection()
        .then((open) => open.get('memory', key))
        .catch(() => undefined);
      return found === undefined ? null : { value: found.value as T, at: found.at };
    },
    async keep(key, value) {
      // What cannot be remembered is asked for again.
      await connection()
        .then((open) => open.put('memory', { value, at: new Date() }, key))
        .catch(() => undefined);
    },
    async forget() {
      await connection()
        .then((open) => open.clear('memory'))
        .catch(() => undefined);
    },
  };
}

/** For a browser that keeps nothing: the next start begins with nothing, as it should. */
export const noMemory: Memory = {
  recall: async () => null,
  keep: async () => undefined,
  forget: async () => undefined,
};
