import { signal } from '@preact/signals';
import { ApiError } from './api-error.ts';
import type { Conflict, Device, DeviceHost, WaitingAction } from './device.ts';

/** A device without a scanner that keeps what waits in the page's memory, and sends it one by one. */
export async function openDevice(host: DeviceHost): Promise<Device> {
  const waiting = signal<readonly WaitingAction[]>([]);
  const conflicts = signal<readonly Conflict[]>([]);
  const online = signal(true);
  const listeners = new Set<Parameters<Device['outbox']['onResult']>[0]>();
  let busy = false;
  const send = async () => {
    if (busy) return;
    busy = true;
    try {
      for (let first = waiting.value[0]; first !== undefined; first = waiting.value[0]) {
        const [result] = await host.send([first.action]);
        if (result === undefined) return;
        const { refusal, message } = result;
        online.value = true;
        waiting.value = waiting.value.slice(1);
        if (result.result === 'refused') conflicts.value = [...conflicts.value, { ...first, refusal, message }];
        for (const listener of listeners) listener(result);
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      online.value = error.kind !== 'offline';
    } finally {
      busy = false;
    }
  };
  return {
    scanner: { onScan: () => () => undefined, enter() {}, take: () => 0, camera: null },
    feedback: { ok() {}, wrong() {}, done() {} },
    memory: { recall: async () => null, async keep() {}, async forget() {} },
    outbox: {
      waiting,
      conflicts,
      online,
      trouble: signal<'memory' | 'full' | null>('memory'),
      async add(action) {
        const staff = host.session.value?.staff ?? { id: 0, name: '' };
        const made = { ...action, id: crypto.randomUUID(), at: new Date().toISOString() };
        waiting.value = [...waiting.value, { action: made, staff: { id: staff.id, name: staff.name } }];
        void send();
        return made.id;
      },
      async dismiss(id) {
        conflicts.value = conflicts.value.filter(({ action }) => action.id !== id);
      },
      onResult(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      wake: () => void send(),
    },
  };
}
