import type { Endpoint } from './endpoints.ts';

/**
 * Calls share the rate by lanes, so that a million raises do not hold up one picker. A lane's share is its number over the sum of
 * those that have something to send: each keeps a minimum, and what one does not use goes to the others.
 */
export const laneShares = {
  packing: 8,
  documents: 8,
  'to-zero': 6,
  reads: 5,
  lowering: 4,
  raising: 3,
  products: 2,
} as const;

export type Lane = keyof typeof laneShares;

export function defaultLane(endpoint: Endpoint): Lane {
  if (endpoint.effect === 'read') return 'reads';
  if (endpoint.family === 'packing' || endpoint.family === 'documents' || endpoint.family === 'products')
    return endpoint.family;
  // People wait for an order or a shipment; none waits for a shelf to be raised.
  return endpoint.family === 'stock' ? 'raising' : 'documents';
}

/** Items that wait, taken out in proportion to the lanes' shares and in order within a lane. */
export interface LaneQueue<Item> {
  readonly size: number;
  /** How many wait, by lane. */
  waiting(): Map<Lane, number>;
  /** True when none waited in this lane before. */
  add(lane: Lane, item: Item): boolean;
  /** The next of `lane` where one waits there, else of the lane whose turn it is. */
  take(lane?: Lane): Item | undefined;
  remove(lane: Lane, item: Item): void;
}

interface Queue<Item> {
  readonly items: Item[];
  at: number;
}

export function createLaneQueue<Item>(): LaneQueue<Item> {
  // Stride scheduling: each item taken moves its lane ahead by 1/share, and the lane that is furthest behind goes next.
  const lanes = new Map<Lane, Queue<Item>>();
  let position = 0;
  let size = 0;

  function furthestBehind(): Lane | undefined {
    let next: { lane: Lane; at: number } | undefined;
    for (const [lane, queue] of lanes) {
      if (queue.items.length > 0 && (next === undefined || queue.at < next.at)) next = { lane, at: queue.at };
    }
    return next?.lane;
  }

  return {
    get size() {
      return size;
    },
    waiting() {
      const counts = new Map<Lane, number>();
      for (const [lane, { items }] of lanes) if (items.length > 0) counts.set(lane, items.length);
      return counts;
    },
    add(lane, item) {
      const queue = lanes.get(lane) ?? { items: [], at: position };
      const first = queue.items.length === 0;
      // A lane that was empty must not spend the time it was away as a burst.
      if (first) queue.at = Math.max(queue.at, position);
      queue.items.push(item);
      lanes.set(lane, queue);
      size += 1;
      return first;
    },
    take(wanted) {
      const named = wanted !== undefined && (lanes.get(wanted)?.items.length ?? 0) > 0;
      const lane = named ? wanted : furthestBehind();
      const queue = lane === undefined ? undefined : lanes.get(lane);
      if (lane === undefined || queue === undefined) return undefined;
      // A lane named by others may be ahead of its turn here: that moves none of the rest.
      if (!named) position = queue.at;
      queue.at += 1 / laneShares[lane];
      size -= 1;
      return queue.items.shift();
    },
    remove(lane, item) {
      const items = lanes.get(lane)?.items ?? [];
      const index = items.indexOf(item);
      if (index < 0) return;
      items.splice(index, 1);
      size -= 1;
    },
  };
}
