import { listAdoptions } from '../store/adoptions.ts';
import type { Bridge, Flow } from './context.ts';

/** Where a flow may send: the locations whose starting state a person has accepted (`*` for a flow that knows none). */
export async function adoptedLocations(bridge: Bridge, flow: Flow): Promise<Set<string>> {
  const adopted = new Set((await listAdoptions(bridge.db, flow.name)).map((adoption) => adoption.location));
  return new Set(flow.adoptable(bridge.config).filter((location) => adopted.has(location)));
}

/** The parts of a flow that still wait for adoption. */
export async function unadopted(bridge: Bridge, flow: Flow): Promise<string[]> {
  const adopted = await adoptedLocations(bridge, flow);
  return flow.adoptable(bridge.config).filter((location) => !adopted.has(location));
}
