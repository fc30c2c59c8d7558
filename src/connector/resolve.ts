import { registerHooks } from 'node:module';

const here = (path: string) =>
  new URL(`${path}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href;

/** What a connector imports from the bridge. */
const doors: Readonly<Record<string, string>> = {
  'oto-bridge/connector': here('./index'),
  'oto-bridge/kit': here('../kit/index'),
};

let registered = false;

/**
 * Lets a connector from outside find this very bridge behind `oto-bridge/connector`, wherever it lies and whether or not a copy is installed beside it:
 * a second copy would bring a second door. A connector that has no zod of its own yet takes the bridge's.
 */
export function openDoors(): void {
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, next) {
      const door = Object.hasOwn(doors, specifier) ? doors[specifier] : undefined;
      if (door !== undefined) return { url: door, shortCircuit: true };
      try {
        return next(specifier, context);
      } catch (error) {
        if (specifier !== 'zod') throw error;
        return next(specifier, { ...context, parentURL: import.meta.url });
      }
    },
  });
}
