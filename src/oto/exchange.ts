import type { Dispatcher } from 'undici';
import { messageOf } from '../lib/errors.ts';
import type { Answer } from './answer.ts';

/** What became of a request: the difference between `not-sent` and `lost` decides whether it may be sent again. */
export type Delivery =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Not one byte of the request was handed to a socket. */
  | { readonly kind: 'not-sent'; readonly cause: 'connect' | 'fenced'; readonly message: string }
  /** It was handed to a socket, and no complete answer came. */
  | { readonly kind: 'lost'; readonly message: string; readonly status?: number | undefined };

/** Its turn had passed when it could have been handed to a socket: nothing was sent, and it needs another. */
export interface Late {
  readonly kind: 'late';
}

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called in the same tick as, and right before, the write to the socket. `false` or a throw: nothing is sent. */
  readonly beforeSend?: (() => boolean | undefined) | (() => void) | undefined;
  /** On a connection of its own, closed afterwards: an idle connection may be closed by OTO in the moment it is used again. */
  readonly fresh?: boolean | undefined;
}

export interface ExchangeSetup {
  /** From now until the end of the answer. */
  readonly timeoutMs: number;
  readonly now: () => number;
}

const largestBody = 64 * 1024 * 1024;
const late: Late = { kind: 'late' };

/** One request, from asking for a connection to the end of its answer. A class: of each call there is one, and undici wants an object. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly delivery: Promise<Delivery | Late>;
  readonly #resolve: (delivery: Delivery | Late) => void;
  readonly #options: SendOptions;
  readonly #until: number;
  readonly #setup: ExchangeSetup;
  readonly #timeout: NodeJS.Timeout;
  /** There from the moment undici takes the request to a connected socket: before it, nothing was written. */
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status: number | undefined;
  #headers: Answer['headers'] = {};
  #chunks: Buffer[] = [];
  #size = 0;

  /** @param until by the clock of `setup`: handed to a socket later it would be late */
  constructor(options: SendOptions, until: number, setup: ExchangeSetup) {
    const { promise, resolve } = Promise.withResolvers<Delivery | Late>();
    this.delivery = promise;
    this.#resolve = resolve;
    this.#options = options;
    this.#until = until;
    this.#setup = setup;
    const { timeoutMs } = setup;
    this.#timeout = setTimeout(() => this.#giveUp(`No answer within ${timeoutMs} ms`, 'connect'), timeoutMs);
    const { signal } = options;
    signal?.addEventListener('abort', this, { once: true });
    if (signal?.aborted === true) this.handleEvent();
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Of the signal. */
  handleEvent(): void {
    this.#giveUp('The call was cancelled', 'fenced');
  }

  fail(error: unknown): void {
    this.#end(describe(error), 'connect');
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled || this.#controller !== undefined) {
      const why = this.#settled ? 'The call was given up before it was sent' : 'A request is sent only once';
      controller.abort(new Error(why));
      return;
    }
    const held = this.#heldBack();
    if (held !== undefined) {
      this.#settle(held);
      // Not `abort`, which would close a connection that is good: the next try would wait for another.
      throw new Error('not sent');
    }
    this.#controller = controller;
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    status: number,
    _headers: Answer['headers'],
    socket: { destroy(): void },
  ): void {
    socket.destroy();
    this.#status = status;
    this.#end('OTO switched to another protocol', 'connect');
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Answer['headers']): void {
    // Interim answers (100, 103) come first; the last one counts.
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > largestBody) this.#giveUp(`The answer is larger than ${largestBody} bytes`, 'connect');
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const status = this.#status;
    if (status === undefined) {
      this.#end('The connection ended without an answer', 'connect');
      return;
    }
    const [first] = this.#chunks;
    const body = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#settle({ kind: 'answer', answer: { status, headers: this.#headers, text: body.toString('utf8') } });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  #heldBack(): Late | Delivery | undefined {
    if (this.#setup.now() > this.#until) return late;
    try {
      if (this.#options.beforeSend?.() !== false) return undefined;
      return { kind: 'not-sent', cause: 'fenced', message: 'Held back right before sending' };
    } catch (error) {
      return { kind: 'not-sent', cause: 'fenced', message: `Held back right before sending: ${messageOf(error)}` };
    }
  }

  #giveUp(message: string, cause: 'connect' | 'fenced'): void {
    this.#end(message, cause);
    this.#controller?.abort(new Error(message));
  }

  #end(message: string, cause: 'connect' | 'fenced'): void {
    if (this.#controller === undefined) this.#settle({ kind: 'not-sent', cause, message });
    else this.#settle({ kind: 'lost', message, status: this.#status });
  }

  #settle(delivery: Delivery | Late): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timeout);
    this.#options.signal?.removeEventListener('abort', this);
    this.#resolve(delivery);
  }
}

/** A failed connect to several addresses has an empty text; its code says more. */
function describe(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  const text = messageOf(error);
  const proxy = /Proxy response \((\d+)\)/.exec(text)?.[1];
  if (proxy !== undefined) {
    return `The proxy did not let it through (HTTP ${proxy}): ${proxy === '407' ? 'it wants another user or password' : 'nothing was sent'}. Check \`proxy\`.`;
  }
  if (typeof code !== 'string' || text.includes(code)) return text;
  return text === '' ? code : `${text} (${code})`;
}
