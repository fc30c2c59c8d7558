import { computed, signal } from '@preact/signals';

/** Where one is in the page: `#/orders/SO-1`. It works without the server, and Back does what it says. */
export type Route =
  | { readonly screen: 'orders'; readonly order: string | null }
  | { readonly screen: 'supervisor' | 'trouble' | 'settings' | 'conflicts' };

const screens = ['supervisor', 'trouble', 'settings', 'conflicts'] as const;

export function parseRoute(hash: string): Route {
  const [name, id] = hash.replace(/^#\/?/, '').split('/');
  const screen = screens.find((one) => one === name);
  if (screen !== undefined) return { screen };
  return { screen: 'orders', order: id === undefined || id === '' ? null : decoded(id) };
}

/** A broken escape, as somebody may type it, is no order's id. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

export const hrefOf = {
  order: (id: string) => `#/orders/${encodeURIComponent(id)}`,
  orders: '#/orders',
  supervisor: '#/supervisor',
  trouble: '#/trouble',
  settings: '#/settings',
  conflicts: '#/conflicts',
} as const;

const hash = signal(typeof location === 'undefined' ? '' : location.hash);
export const route = computed(() => parseRoute(hash.value));

export function followAddress(): void {
  addEventListener('hashchange', () => {
    hash.value = location.hash;
  });
}

export function go(to: string): void {
  location.hash = to;
}
