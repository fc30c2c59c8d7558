import { SingleBar } from 'cli-progress';
import type { Progress } from '../engine/progress.ts';

/** Bars on a terminal, one plain line a step elsewhere. Always on standard error: standard output is for results. */
export function terminalProgress(): Progress & { stop(): void } {
  if (!process.stderr.isTTY) return plainProgress();
  let bar: SingleBar | undefined;
  const end = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    step(title, total) {
      end();
      bar = new SingleBar({
        format: total === undefined ? `  ${title} {bar} {percentage}%` : `  ${title} {bar} {value}/{total}`,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        barsize: 24,
        stopOnComplete: false,
      });
      bar.start(total ?? 100, 0);
    },
    advance: (by) => bar?.increment(by),
    at: (share) => bar?.update(Math.round(share * 100)),
    done: end,
    stop: end,
  };
}

function plainProgress(): Progress & { stop(): void } {
  return {
    step(title, total) {
      process.stderr.write(`${title}${total === undefined ? '' : ` (${total})`} …\n`);
    },
    advance() {},
    at() {},
    done() {},
    stop() {},
  };
}
