import manifest from '../../package.json' with { type: 'json' };
import type { App } from '../app.ts';
import { demoLocations } from '../demo/index.ts';
import { addStaff } from '../engine/staff.ts';
import { createPasswords } from '../engine/staff-passwords.ts';
import { makePin } from '../engine/staff-pin.ts';
import { startWorker } from '../engine/worker.ts';
import { flows } from '../flows/index.ts';
import { type Http, startHttp } from '../http/index.ts';
import { isBridgeError } from '../lib/errors.ts';
import type { StaffRole } from '../model/station.ts';
import { table } from './output.ts';

export interface DemoPerson {
  readonly name: string;
  readonly role: StaffRole;
  readonly locations: readonly string[];
  readonly pin: string;
}

export interface DemoStation {
  readonly url: string;
  readonly people: readonly DemoPerson[];
  close(): Promise<void>;
}

/** Serves the warehouse station as a worker does, with people who may sign in to it. Aborts `stop` where it cannot go on. */
export async function openStation(app: App, stop: AbortController): Promise<DemoStation> {
  const people = await hirePeople(app);
  const http = await serve(app, stop.signal);
  try {
    const worker = await startWorker(app.bridge, {
      flows,
      version: manifest.version,
      stop: stop.signal,
      onUnfit: (error) => stop.abort(error),
    });
    http?.enter('working', true);
    return {
      url: `http://${app.bridge.config.http.host}:${http?.port}/station/`,
      people,
      async close() {
        await http?.close(1000);
        await worker.close(5000);
      },
    };
  } catch (error) {
    await http?.close(0);
    throw error;
  }
}

/** A picker who sees one warehouse, a supervisor of all, and an admin. */
async function hirePeople({ bridge: { db, who } }: App): Promise<DemoPerson[]> {
  const warehouses = demoLocations.filter((place) => !place.branch).map((place) => place.oto);
  const wanted = [
    { name: 'Aisha', role: 'picker', locations: warehouses.slice(0, 1) },
    { name: 'Khalid', role: 'supervisor', locations: warehouses },
    { name: 'Noura', role: 'admin', locations: [] },
  ] as const;
  const passwords = createPasswords();
  return Promise.all(
    wanted.map(async (person) => {
      const hired = { ...person, pin: makePin(person.name) };
      await addStaff({ db, passwords, by: who }, hired);
      return hired;
    }),
  );
}

/** At the configured port, which a bookmark may name, or at a free one where another program has it. */
async function serve({ bridge, loaded: { baseDir } }: App, stop: AbortSignal): Promise<Http | undefined> {
  const options = { baseDir, version: manifest.version, stop };
  try {
    return await startHttp({ ...options, bridge });
  } catch (error) {
    if (!isBridgeError(error) || error.code !== 'HTTP_PORT_TAKEN') throw error;
    const config = { ...bridge.config, http: { ...bridge.config.http, port: 0 } };
    return startHttp({ ...options, bridge: { ...bridge, config } });
  }
}

export function stationText({ url, people }: DemoStation): string {
  const rows = people.map(({ name, pin, role, locations }) => {
    return [name, pin, role, role === 'admin' ? 'all' : locations.join(', ')];
  });
  return `Station         ${url}\n${table(['name', 'PIN', 'role', 'locations'], rows).replaceAll(/^/gm, '                ')}`;
}
