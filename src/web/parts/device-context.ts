import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Device } from '../device.ts';

const Context = createContext<Device | null>(null);
export const DeviceProvider = Context.Provider;

export function useDevice(): Device {
  const device = useContext(Context);
  if (device === null) throw new Error('no device around this part of the page');
  return device;
}
