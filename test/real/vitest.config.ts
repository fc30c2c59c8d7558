import { defineConfig } from 'vitest/config';

/** Tests against systems that are not ours: run by hand, and in CI where the system is at hand. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/real/odoo19.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    maxWorkers: 1,
  },
});
