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
  return 'raising';
}

/** Items that wait, taken out in proportion to the lanes' shares and in order within a lane. */
export interface LaneQueue<Item> {
  readonly size: number;
  add(lane: Lane, item: Item): void;
  take(): Item | undefined;
  remove(lane: Lane, item: Item): void;
}

export function createLaneQueue<Item>(): LaneQueue<Item> {
  // Stride scheduling: each item taken moves its lane ahead by 1/share, and the lane that is furthest behind goes next.
  const lanes = new Map<Lane, { items: Item[]; at: number }>();
  let position = 0;
  let size = 0;

  return {
    get size() {
      return size;
    },
    add(lane, item) {
      const queue = lanes.get(lane) ?? { items: [], at: position };
      // A lane that was empty must not spend the time it was away as a burst.
      if (queue.items.length === 0) queue.at = Math.max(queue.at, position);
      queue.items.push(item);
      lanes.set(lane, queue);
      size += 1;
    },
    take() {
      let next: { lane: Lane; queue: { items: Item[]; at: number } } | undefined;
      for (const [lane, queue] of lanes) {
        if (queue.items.length > 0 && (next === undefined || queue.at < next.queue.at)) next = { lane, queue };
      }
      if (next === undefined) return undefined;
      position = next.queue.at;
      next.queue.at += 1 / laneShares[next.lane];
      size -= 1;
      return next.queue.items.shift();
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
