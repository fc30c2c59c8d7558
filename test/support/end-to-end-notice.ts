import { findChromium } from '../e2e/browser.ts';

/** Says at the end of `npm test` that it did not try the station in a browser, so that nobody takes its green for that. */
export default function setup(): () => void {
  return () => {
    const missing = findChromium() === undefined ? ' There is no Chromium on this machine: install it first.' : '';
    console.log(`\nThe end-to-end tests of the station were NOT run: npm run test:e2e does.${missing}`);
  };
}
