import { defineConfig } from 'vitest/config';

/** The station in a real browser: `npm run test:e2e`. It needs Chromium and takes minutes, so it stands apart from `npm test`. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/e2e/*.e2e.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
