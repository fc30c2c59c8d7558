import { signal } from '@preact/signals';
import type { Updates } from './device.ts';

const hourMs = 3_600_000;

/** Lets the browser keep the page for a start without the server, and looks for newer ones. */
export function openUpdates(): Updates {
  const ready = signal(false);
  const updates = { ready, take: (): void => undefined };
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!import.meta.env.PROD || container === undefined) return updates;
  // The first page has no worker yet. That one takes its place is no news.
  let controlled = container.controller !== null;
  container.addEventListener('controllerchange', () => {
    if (controlled) location.reload();
    controlled = true;
  });
  container
    .register(`${import.meta.env.BASE_URL}sw.js`)
    .then((registration) => watch(registration, ready, updates))
    // Without it the page works all the same, as long as the server is there.
    .catch((error: unknown) => console.error(error));
  return updates;
}

function watch(registration: ServiceWorkerRegistration, ready: { value: boolean }, updates: { take(): void }): void {
  const look = () => {
    ready.value = registration.waiting !== null && navigator.serviceWorker.controller !== null;
  };
  updates.take = () => registration.waiting?.postMessage('take-over');
  look();
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look));
  // A station stays open for weeks: nothing else would ever ask.
  setInterval(() => registration.update().catch(() => undefined), hourMs);
}
