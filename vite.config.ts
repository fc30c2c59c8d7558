import { join } from 'node:path';
import { defineConfig } from 'vite';

/** The page at `/station`. `npm run build:web` builds it; `vite` alone serves it while it is worked on, beside a bridge at port 8080. */
export default defineConfig({
  root: join(import.meta.dirname, 'src/web'),
  base: '/station/',
  build: {
    outDir: join(import.meta.dirname, 'dist/web'),
    emptyOutDir: true,
    // Handhelds are replaced seldom: what a warehouse bought in 2022 runs it.
    target: ['chrome100', 'firefox100', 'safari15.4'],
    // An inlined font or picture would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html', 'service-worker/sw.ts'].map((file) => join(import.meta.dirname, 'src/web', file)),
      // A service worker keeps its address: under another one it would be another worker.
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
  server: { proxy: { '/station/api': 'http://127.0.0.1:8080' } },
});
