/**
 * `npm run -s screenshots [-- FOLDER]`: a picture of every screen of the station, in both languages, on a handheld and on a desk, against a
 * real demo. For people to look at.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { startBrowser } from './browser.ts';

const root = join(import.meta.dirname, '../..');
const folder = resolve(process.argv[2] ?? join(root, '.oto-bridge/screenshots'));
const languages = ['ar', 'en'] as const;
const sizes = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
] as const;

const home = await mkdtemp(join(tmpdir(), 'oto-bridge-screenshots-'));
const demo = spawn(process.execPath, [join(root, 'src/cli/main.ts'), 'demo', '--dir', join(home, 'demo')], {
  cwd: root,
});
const browser = await startBrowser();
try {
  await mkdir(folder, { recursive: true });
  const { url, simulator, pins } = await saidBy(demo);
  const khalid = await device(url, 'Khalid', pins);
  const noura = await device(url, 'Noura', pins);
  const orders = await prepare(khalid, noura, simulator);
  let taken = 0;
  for (const language of languages) {
    for (const size of sizes) taken += await shoot(khalid.page, url, orders, language, size);
  }
  console.log(`${taken} pictures in ${folder}`);
} finally {
  await browser.close();
  demo.kill('SIGINT');
  await new Promise((end) => (demo.exitCode === null ? demo.once('exit', end) : end(undefined)));
  await rm(home, { recursive: true, force: true });
}

interface Device {
  readonly context: BrowserContext;
  readonly page: Page;
}

/** What the demo prints once it is ready. */
async function saidBy(child: ChildProcess) {
  let text = '';
  child.stderr?.resume();
  for await (const part of child.stdout ?? []) {
    text += String(part);
    if (text.includes('Ctrl+C')) break;
  }
  const url = text.match(/Station +(\S+)/)?.[1];
  const simulator = text.match(/Simulated OTO +(http:\/\/[^/]+)/)?.[1];
  if (url === undefined || simulator === undefined) throw new Error(`the demo did not start:\n${text}`);
  const pins = new Map(
    [...text.matchAll(/(\w+) +(\d{6}) +(?:picker|supervisor|admin)/g)].map(([, name = '', pin = '']) => [name, pin]),
  );
  child.stdout?.resume();
  return { url, simulator, pins };
}

async function device(url: string, name: string, pins: ReadonlyMap<string, string>): Promise<Device> {
  const context = await browser.newContext({ locale: 'en', viewport: sizes[1] });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('input[name=name]').fill(name);
  await page.locator('input[name=pin]').fill(pins.get(name) ?? '');
  await page.locator('input[name=pin]').press('Enter');
  await page.locator('[data-location=RUH1]').click();
  await page.locator('.row').first().waitFor();
  return { context, page };
}

/** Brings the orders into the states that the pictures show. */
async function prepare(khalid: Device, noura: Device, simulator: string) {
  const { page } = khalid;
  const ready = () =>
    page
      .locator('.row[data-state=ready]')
      .evaluateAll((rows) => rows.map((row) => String(row.getAttribute('data-order'))));
  await page.locator('.row[data-state=ready]').nth(5).waitFor({ timeout: 120_000 });
  const [refused = '', green = '', counted = '', short = '', partly = '', fresh = ''] = await ready();

  await control(simulator, '/faults', { endpoint: 'updatePackingStatus', kind: 'coded', code: 'OTO1067', count: 1 });
  await countAll(page, refused);
  await pick(page);
  await page.locator('article [data-to=oto]:is([data-state=refused],[data-state=parked])').waitFor({ timeout: 60_000 });

  await countAll(page, green);
  await pick(page);
  await page.locator('[data-action=pack]').click();
  await page.locator('article[data-state=packed] [data-to=oto][data-state=has]').waitFor({ timeout: 60_000 });

  await open(page, short);
  await page.locator('.short-button').first().click();
  await page.locator('input[value=damaged]').check();
  await page.locator('input[name=note]').fill('Wet carton');
  await page.locator('dialog .primary').click();
  await countAll(page, short);
  await pick(page);
  await page.locator('article[data-state=short]').waitFor();

  // Counted on a device that is offline while somebody else takes the order: refused when the device comes back.
  await open(page, partly);
  await page.locator('[data-action=claim]').click();
  await page.locator('[data-action=release]').waitFor();
  await page.locator('[data-note=unsent]').waitFor({ state: 'detached' });
  await khalid.context.setOffline(true);
  await plus(page).first().click();
  await open(noura.page, partly);
  await noura.page.locator('[data-action=take]').click();
  await noura.page.locator('[data-action=yes]').click();
  await noura.page.locator('[data-action=claim]').click();
  await noura.page.locator('[data-action=release]').waitFor();
  await khalid.context.setOffline(false);
  await page.locator('.status a[href="#/conflicts"]').waitFor();

  await countAll(page, counted);
  await page.locator('[data-note=unsent]').waitFor({ state: 'detached' });
  return { refused, green, counted, short, partly, fresh };
}

type Orders = Awaited<ReturnType<typeof prepare>>;

async function shoot(
  page: Page,
  url: string,
  orders: Orders,
  language: string,
  size: (typeof sizes)[number],
): Promise<number> {
  let number = 0;
  const shot = async (name: string) => {
    number += 1;
    const file = `${String(number).padStart(2, '0')}-${name}.${language}.${size.width}x${size.height}.png`;
    await page.screenshot({ path: join(folder, file), animations: 'disabled' });
  };
  await page.setViewportSize(size);
  const set = (key: string, value: string) =>
    page.evaluate(`localStorage.setItem('oto-bridge.station.${key}', ${JSON.stringify(JSON.stringify(value))})`);
  const go = async (hash: string, wait: string) => {
    await page.goto(`${url}#/${hash}`);
    await page.locator(wait).first().waitFor();
  };
  await set('language', language);

  // A browser of its own knows nobody.
  const stranger = await browser.newContext({ locale: language, viewport: size });
  const welcome = await stranger.newPage();
  await welcome.goto(url);
  await welcome.locator('.sign-in').waitFor();
  await welcome.screenshot({ path: join(folder, `00-sign-in.${language}.${size.width}x${size.height}.png`) });
  await stranger.close();

  await set('location', '');
  await page.goto(`${url}#/orders`);
  await page.reload();
  await page.locator('.choices').waitFor();
  await shot('locations');
  await page.locator('[data-location=RUH1]').click();
  await go('orders', '.row');
  await page.locator('.status .note:not([data-note=offline])').first().waitFor();
  await shot('orders');
  await go(`orders/${encodeURIComponent(orders.fresh)}`, `article[data-order="${orders.fresh}"] .line`);
  await shot('order-ready');
  await page.locator('.line .figure-box').first().click();
  await shot('count');
  await page.keyboard.press('Escape');
  await page.locator('.short-button').first().click();
  await shot('short');
  await page.keyboard.press('Escape');
  await go(`orders/${encodeURIComponent(orders.counted)}`, `article[data-order="${orders.counted}"] .line`);
  await shot('order-counted');
  await page.locator('[data-action=pick]').click();
  await shot('all-counted');
  await page.locator('[data-action=pick-yes]').click();
  await page.locator('[data-action=undo]:enabled').waitFor();
  await shot('order-picked');
  await page.locator('[data-action=undo]').click();
  await page.locator('[data-action=pick]').waitFor();
  await go(`orders/${encodeURIComponent(orders.green)}`, `article[data-order="${orders.green}"] .line`);
  await page.locator('.history summary').click();
  await shot('order-packed');
  await go(`orders/${encodeURIComponent(orders.partly)}`, `article[data-order="${orders.partly}"] .line`);
  await shot('order-of-others');
  await page.context().setOffline(true);
  await go(`orders/${encodeURIComponent(orders.counted)}`, '[data-note=offline]');
  await page.locator('.line-count button').first().click();
  await page.locator('[data-note=unsent]').waitFor();
  await shot('offline');
  await plus(page).first().click();
  await page.locator('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.context().setOffline(false);
  await page.locator('[data-note=unsent]').waitFor({ state: 'detached' });
  for (const screen of ['supervisor', 'trouble', 'conflicts', 'settings']) {
    await go(screen, '.page');
    await page.locator('.row, .card').first().waitFor();
    await shot(screen);
  }
  return number + 1;
}

function plus(page: Page) {
  return page.locator('.line-count .figure-box + button:enabled');
}

async function open(page: Page, id: string): Promise<void> {
  await page.evaluate(`location.hash = '#/orders/' + encodeURIComponent(${JSON.stringify(id)})`);
  await page.locator(`article[data-order="${id}"] .line`).first().waitFor();
}

/** Counts all lines that are not short, one piece after the other, and answers the question that comes with the last. */
async function countAll(page: Page, id: string): Promise<void> {
  await open(page, id);
  const next = page.locator('.line:not([data-short]) .figure-box + button:enabled').first();
  while ((await page.locator('dialog').count()) === 0) await next.click({ timeout: 5000 }).catch(() => undefined);
  await page.keyboard.press('Escape');
}

async function pick(page: Page): Promise<void> {
  await page.locator('[data-action=pick]:enabled').click();
  await page.locator('[data-action=pick-yes]:enabled').click();
}

async function control(simulator: string, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${simulator}/_simulator${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
}
