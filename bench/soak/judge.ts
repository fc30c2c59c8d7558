import type { Sample } from './sample.ts';

export interface Trend {
  readonly first: number;
  readonly last: number;
  readonly highest: number;
  /** Of the last two thirds of the samples, by linear regression. */
  readonly slopePerHour: number;
}

/** How a measure went. What happens at the start, while caches fill and tables reach their size, is left out of the slope. */
export function trendOf(samples: readonly Sample[], measure: (sample: Sample) => number): Trend {
  const values = samples.map(measure);
  const settled = samples.slice(Math.floor(samples.length / 3));
  return {
    first: values[0] ?? 0,
    last: values.at(-1) ?? 0,
    highest: Math.max(...values, 0),
    slopePerHour: Math.round(slope(settled.map((sample) => [sample.minutes / 60, measure(sample)])) * 100) / 100,
  };
}

function peakGrowth(samples: readonly Sample[]): number {
  const third = Math.floor(samples.length / 3);
  const peak = (from: number, to?: number) => Math.max(...samples.slice(from, to).map((sample) => sample.rssMb));
  return (peak(third * 2) / peak(third, third * 2) - 1) * 100;
}

export function heapTrend(samples: readonly Sample[]): Trend {
  return trendOf(
    samples.filter((sample) => sample.heapMb !== null),
    (sample) => sample.heapMb ?? 0,
  );
}

function slope(points: readonly (readonly [number, number])[]): number {
  const count = points.length;
  if (count < 2) return 0;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const under = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return under === 0 ? 0 : over / under;
}

export interface Limit {
  readonly what: string;
  readonly measured: number;
  readonly limit: number;
  readonly holds: boolean;
}

/**
 * Growth that is allowed in an hour. Documents are kept for good, with their operations and steps: 4 kB each are taken off. Below half
 * an hour the slope says more about the start than about a leak, so that a short run is judged by its heights alone.
 */
export function limitsOf(samples: readonly Sample[]): Limit[] {
  const minutes = samples.at(-1)?.minutes ?? 0;
  const documents = trendOf(samples, (sample) => sample.documents).slopePerHour;
  const most = (what: string, measured: number, limit: number): Limit => ({
    what,
    measured: Math.round(measured * 100) / 100,
    limit,
    holds: measured <= limit,
  });
  const trends = (measure: (sample: Sample) => number) => trendOf(samples, measure);
  return [
    most('highest RSS of the standing worker, MB', trends((sample) => sample.rssMb).highest, 400),
    most('most connections of both workers and of commands', trends((sample) => sample.connections).highest, 70),
    most('most open files of the standing worker', trends((sample) => sample.fds).highest, 150),
    ...(minutes < 30
      ? []
      : [
          most('heap after a collection, MB an hour', heapTrend(samples).slopePerHour, 3),
          // It rises and falls with the collector: what counts is that its peaks do not grow.
          most('RSS, peak of the last third over that of the one before, %', peakGrowth(samples), 15),
          most('open files, an hour', trends((sample) => sample.fds).slopePerHour, 5),
          most('threads, an hour', trends((sample) => sample.threads).slopePerHour, 1),
          most('connections, an hour', trends((sample) => sample.connections).slopePerHour, 5),
          most(
            'tables less documents, MB an hour',
            trends((sample) => sample.tablesMb).slopePerHour - (documents * 4) / 1024,
            5,
          ),
          most('catalogue, MB an hour', trends((sample) => sample.catalogueMb).slopePerHour, 10),
          most('dead rows, an hour', trends((sample) => sample.deadRows).slopePerHour, 5000),
        ]),
  ];
}
