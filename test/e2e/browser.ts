import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where systems put Chromium. `CHROMIUM` names another one. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const findChromium = (): string | undefined =>
  [process.env.CHROMIUM ?? '', ...places].find((file) => file !== '' && existsSync(file));

export async function startBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error(
      `There is no Chromium at ${places.join(', ')}: install it (apt-get install chromium) or name it in CHROMIUM.`,
    );
  }
  // Without its sandbox it also runs as root, as in a container. It sees nothing but our own page.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--use-fake-device-for-media-stream'];
  return chromium.launch({ executablePath, args });
}
