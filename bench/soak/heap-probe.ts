/**
 * Loaded into the standing worker: collects garbage now and then, and writes down what is left. What the process takes from the system
 * rises and falls with the moods of the collector; what is left after it is what would leak.
 */
import { writeFileSync } from 'node:fs';

const file = process.env.SOAK_HEAP_FILE;
const { gc } = globalThis;
if (file !== undefined && gc !== undefined) {
  setInterval(() => {
    gc();
    const { heapUsed, external } = process.memoryUsage();
    writeFileSync(file, String(heapUsed + external));
  }, 10_000).unref();
}
