import { expect, test } from 'vitest';
import { faultsOf } from './faults.ts';
import { goods, openStation, people } from './station.ts';

const station = openStation();
const { sara } = people;

test('the page can be installed, and the device keeps its own files alone: no answer of the server', async () => {
  const id = station.fresh('KEPT');
  await station.orders([id, { DATES: 1 }]);
  const screen = await station.open(sara);
  await screen.openOrder(id);
  await screen.page.evaluate('navigator.serviceWorker.ready');
  await screen.page.reload();
  await screen.orderIs('ready');
  const kept = await screen.page.evaluate<string[]>(`(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  })()`);
  expect(kept).toContain('/station/');
  expect(kept.filter((path) => !/^\/station\/($|assets\/|icons\/|manifest\.webmanifest$)/.test(path))).toEqual([]);
  const manifest = await screen.page.evaluate<{ icons: { src: string }[] }>(
    `fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())`,
  );
  for (const { src } of manifest.icons)
    expect(await screen.page.evaluate(`fetch(${JSON.stringify(src)}).then(({ status }) => status)`)).toBe(200);
  await screen.context.close();
});

test('a browser that keeps nothing says so, and works while the server is there', async () => {
  const id = station.fresh('PRIVATE');
  await station.orders([id, { DATES: 1 }]);
  const screen = await station.open(sara, {}, `IDBFactory.prototype.open = () => { throw new Error('private'); };`);
  await screen.text('This browser keeps nothing').waitFor();
  await screen.openOrder(id);
  await screen.scan('DATES');
  await screen.press('pick-yes');
  await screen.oto('has');
  await screen.context.close();
});

test('a device that is full says so, sounds wrong and counts nothing', async () => {
  const id = station.fresh('FULL');
  await station.orders([id, { DATES: 2 }]);
  const full = `
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function (...all) {
      if (window.full) throw new DOMException('no room', 'QuotaExceededError');
      return add.apply(this, all);
    };`;
  const screen = await station.open(sara, {}, full);
  await screen.openOrder(id);
  await screen.press('claim');
  await screen.status('green');
  await screen.page.evaluate('window.full = true');
  await screen.scan('DATES');
  await screen.text('This device is full').first().waitFor();
  await screen.counted('DATES', 0);
  expect(await screen.heard()).toHaveLength(2);
  await screen.page.evaluate('window.full = false');
  await screen.scan(goods.DATES.barcode);
  await screen.counted('DATES', 1);
  await screen.status('green');
  expect(await station.recorded(id, 'scan')).toBe(1);
  await screen.context.close();
});

test('the camera reads codes where the browser can, and a label that stays in view counts once', async () => {
  const id = station.fresh('CAMERA');
  await station.orders([id, { DATES: 3 }]);
  const detector = `
    window.inView = [];
    window.BarcodeDetector = class {
      static async getSupportedFormats() { return ['ean_13']; }
      async detect() { window.looks = (window.looks ?? 0) + 1; return window.inView.map((rawValue) => ({ rawValue })); }
    };`;
  const screen = await station.open(sara, { permissions: ['camera'] }, detector);
  await screen.openOrder(id);
  await screen.button('Scan with the camera').click();
  await expect.poll(() => screen.page.evaluate('window.looks'), { timeout: 15_000 }).toBeGreaterThan(1);
  expect(await faultsOf(screen)).toEqual([]);
  await screen.page.evaluate(`window.inView = ['${goods.DATES.barcode}']; window.looks = 0`);
  await screen.counted('DATES', 1);
  await expect.poll(() => screen.page.evaluate('window.looks'), { timeout: 15_000 }).toBeGreaterThan(10);
  await screen.counted('DATES', 1);
  await screen.scanned('counted');
  await screen.context.close();
});

test('an order that is cancelled in OTO leaves with the reason, on the screen of who picks it', async () => {
  const id = station.fresh('CANCEL');
  await station.orders([id, { DATES: 2 }]);
  const screen = await station.open(sara);
  await screen.openOrder(id);
  await screen.scan('DATES');
  await screen.counted('DATES', 1);
  await screen.status('green');
  station.site.simulator.staff.cancelOrder(id);
  await station.pull();
  await screen.orderIs('left');
  await screen.text('This order has left the list').waitFor();
  await screen.scan(goods.DATES.barcode);
  await screen.scanned('wrong');
  await screen.context.close();
});
