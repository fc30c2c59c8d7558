import type { Device, DeviceHost } from './device.ts';
import { noMemory, openDeviceDatabase } from './outbox/database.ts';
import { MemoryDrawer } from './outbox/drawer.ts';
import { openOutbox } from './outbox/outbox.ts';
import { browserTabs } from './outbox/tabs.ts';
import { openScanner } from './scan/scanner.ts';
import { openFeedback } from './sound.ts';
import { openUpdates } from './updates.ts';

/** The device that this page runs on. */
export async function openDevice(host: DeviceHost): Promise<Device> {
  const { drawer, memory } = await openDeviceDatabase().catch((error: unknown) => {
    console.error(error);
    return { drawer: new MemoryDrawer(), memory: noMemory };
  });
  // Asked for once: without it the browser may empty what is kept here when the disk fills up.
  if (drawer.durable) navigator.storage?.persist?.().catch(() => undefined);
  const outbox = openOutbox({
    host,
    drawer,
    tabs: browserTabs(),
    after: (milliseconds, again) => {
      const timer = setTimeout(again, milliseconds);
      return () => clearTimeout(timer);
    },
  });
  addEventListener('online', () => outbox.wake());
  addEventListener('focus', () => outbox.wake());
  document.addEventListener('visibilitychange', () => outbox.wake());
  return {
    scanner: openScanner(host.settings),
    outbox,
    feedback: openFeedback(host.settings),
    memory,
    updates: openUpdates(),
  };
}
