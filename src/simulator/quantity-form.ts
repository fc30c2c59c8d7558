import type { World } from './state.ts';

/** Whether OTO takes a quantity in the form in which it came, by the switch quantityForm. */
export function takesQuantity(world: World, quantity: unknown): boolean {
  const form = world.switches.values.quantityForm;
  return form === 'any' || typeof quantity === (form === 'text' ? 'string' : 'number');
}
