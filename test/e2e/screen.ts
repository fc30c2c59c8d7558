import type { BrowserContext, CDPSession, Locator, Page } from 'playwright-core';
import type { StationState } from '../../src/model/station.ts';
import { type Layout, scannerTrace } from '../web/layouts.ts';
import type { Person } from './station.ts';

/** Notes the pitch of every tone that the page plays. */
const listen = `
  window.tones = [];
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (when) {
    window.tones.push(this.frequency.value);
    start.call(this, when);
  };`;

export interface Sent {
  /** The layout that the device is set to. The scanner is as it left the factory. */
  readonly device?: Layout;
  readonly suffix?: 'Enter' | 'Tab';
  /** How often, half a second apart. */
  readonly times?: number;
}

/** A text of the page, whose inserted values stand between invisible marks of direction. */
export const shown = (text: string): RegExp =>
  new RegExp([...text].map((one) => one.replace(/[.*+?^${}()|[\]\\]/, '\\$&')).join('[\u2066-\u2069]*'));

const virtualKeys: Readonly<Record<string, number>> = { Enter: 13, Tab: 9, Shift: 16 };

/** A device in somebody's hand. */
export class Screen {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly #keys: CDPSession;
  /** What went wrong in the page's own script. */
  readonly errors: string[] = [];

  static async open(context: BrowserContext, url: string): Promise<Screen> {
    await context.addInitScript({ content: listen });
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    const screen = new Screen(context, page, await context.newCDPSession(page));
    page.on('pageerror', (error) => screen.errors.push(String(error)));
    await page.goto(url);
    return screen;
  }

  constructor(context: BrowserContext, page: Page, keys: CDPSession) {
    this.context = context;
    this.page = page;
    this.#keys = keys;
  }

  /** Gives name and PIN; what comes after it, the caller waits for. */
  async identify({ name, pin }: Pick<Person, 'name' | 'pin'>): Promise<void> {
    await this.page.locator('input[name=name]').fill(name);
    await this.page.locator('input[name=pin]').fill(pin);
    await this.page.locator('input[name=pin]').press('Enter');
  }

  async signIn(person: Pick<Person, 'name' | 'pin'>): Promise<void> {
    await this.identify(person);
    await this.page.getByRole('navigation').first().waitFor();
  }

  /** Sends a code as a scanner does: real keys of the whole browser, at its pace, whatever has the focus. */
  async scan(code: string, { device = 'us', suffix = 'Enter', times = 1 }: Sent = {}): Promise<void> {
    // The time of a key is what the hardware says, however busy the machine is that runs this. Nobody scans while they type.
    const trace = Array.from({ length: times }, (_, time) =>
      scannerTrace(code, { device, suffix, start: time * 500 }),
    ).flat();
    const begin = Date.now() / 1000 + 0.15;
    const first = trace[0]?.at ?? 0;
    await Promise.all(
      trace.flatMap(({ code: position, key, at, shift }) => {
        const common = {
          code: position,
          key,
          modifiers: shift === true ? 8 : 0,
          windowsVirtualKeyCode: virtualKeys[position] ?? 0,
        };
        const timestamp = begin + (at - first) / 1000;
        const text = key === 'Enter' ? '\r' : key.length === 1 ? key : '';
        return [
          this.#keys.send('Input.dispatchKeyEvent', {
            ...common,
            type: 'keyDown',
            timestamp,
            ...(text === '' ? {} : { text }),
          }),
          this.#keys.send('Input.dispatchKeyEvent', { ...common, type: 'keyUp', timestamp: timestamp + 0.001 }),
        ];
      }),
    );
  }

  /** Pitches of what was played since the last look, in hertz. */
  async heard(): Promise<number[]> {
    return this.page.evaluate('window.tones.splice(0)');
  }

  /** Opens an order as a tap on its row does. Whoever signs in finds the order that was open here. */
  async openOrder(id: string): Promise<void> {
    if ((await this.page.locator(`article[data-order="${id}"]`).count()) > 0) return;
    await this.page.locator(`li.row[data-order="${id}"] > a`).click();
    await this.page.locator(`article[data-order="${id}"][data-state]`).waitFor();
  }

  /** Another screen of the page, by its address. */
  async go(place: string): Promise<void> {
    await this.page.evaluate(`location.hash = '#/${place}'`);
  }

  /** What the device has written down for a start without the server, as JSON. */
  async remembered(key: string): Promise<string> {
    return this.page.evaluate(`new Promise((resolve, reject) => {
      const opening = indexedDB.open('oto-bridge.station');
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const reading = opening.result.transaction('memory').objectStore('memory').get('${key}');
        reading.onsuccess = () => resolve(JSON.stringify(reading.result ?? null));
        opening.result.close();
      };
    })`);
  }

  /** Waits until the open order is in this state, as far as this device knows. */
  async orderIs(state: StationState): Promise<void> {
    await this.page.locator(`article[data-state=${state}]`).waitFor();
  }

  /** Waits until so many of a line are counted, whether the server has it or not. */
  async counted(sku: string, count: number): Promise<void> {
    await this.page.locator(`li.line[data-sku="${sku}"][data-counted="${count}"]`).waitFor();
  }

  /** Waits for what the last scan did. */
  async scanned(tone: 'counted' | 'wrong' | 'held', text?: string): Promise<void> {
    const word = this.page.locator(`[data-scan=${tone}]`);
    await (text === undefined ? word : word.filter({ hasText: shown(text) })).waitFor();
  }

  /** What the page says OTO has of the open order. */
  async oto(state: 'none' | 'unsent' | 'waiting' | 'has' | 'refused' | 'parked'): Promise<void> {
    await this.page.locator(`article [data-to=oto][data-state=${state}]`).waitFor();
  }

  async press(action: string): Promise<void> {
    await this.page.locator(`[data-action="${action}"]:enabled`).click();
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name: shown(name) });
  }

  /** A note of the bar on top, or of what is on the page. */
  note(name: string, text: string): Locator {
    return this.page.locator(`[data-note=${name}]`, { hasText: shown(text) });
  }

  text(text: string): Locator {
    return this.page.getByText(shown(text));
  }

  /** `green`: nothing waits anywhere. `waiting`: something does, or a person is needed. `offline`: the server does not answer. */
  async status(wanted: 'green' | 'waiting' | 'offline', timeout = 20_000): Promise<void> {
    await this.page.locator(`[data-status=${wanted}]`).waitFor({ timeout });
  }
}
