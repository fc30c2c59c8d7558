import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/support/end-to-end-notice.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Most of the time a file waits: for another process, for a commit, for a state. Two of them a core keep it busy.
    maxWorkers: 4,
  },
});
