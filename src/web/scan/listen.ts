import { isModifier, type KeyPress } from './keys.ts';
import { Wedge, type WedgeSettings } from './wedge.ts';

/** What a field held before a scanner began to type into it. */
interface Before {
  readonly field: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
  readonly value: string;
}

/**
 * Listens to the keys of the whole page for a scanner, before anything on it does. No field needs the focus.
 * Where one has it, the code is taken out of it again: at its first key nobody can know that a scanner types.
 * `settings` is asked before each code: they may change. While nobody wants codes, a scanner is a keyboard: a badge may be read
 * into the field for a name.
 */
export function listenForScans(
  settings: () => Partial<WedgeSettings>,
  onScan: (candidates: readonly string[], at: number) => void,
  isWanted: () => boolean,
): void {
  let wedge = new Wedge(settings());
  let before: Before | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const finish = (candidates: readonly string[], at: number) => {
    if (before !== null) restore(before);
    before = null;
    onScan(candidates, at);
  };

  const down = (event: KeyboardEvent) => {
    // Composing: an input method is at work, which is a person.
    if (event.isComposing) return;
    const press = pressOf(event);
    if (!isModifier(press) && !sameSettings(wedge.settings, settings())) wedge = new Wedge(settings());
    const step = wedge.press(press);
    if (wedge.begun) before = heldBy(event.target);
    if (!isWanted()) return;
    // In a field a person may be typing quickly, so the key goes where it goes until the end tells. Elsewhere a scan must not press buttons.
    if (step.kind === 'scan' || step.kind === 'swallow' || (step.kind === 'quick' && before === null)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    if (step.kind === 'scan') finish(step.candidates, event.timeStamp);
    clearTimeout(timer);
    if (wedge.settings.suffix !== 'none') return;
    timer = setTimeout(() => {
      const end = wedge.idle(performance.now());
      if (end.kind === 'scan') finish(end.candidates, performance.now());
    }, wedge.settings.longestGap + 5);
  };
  const up = (event: KeyboardEvent) => wedge.release(pressOf(event));

  addEventListener('keydown', down, { capture: true });
  addEventListener('keyup', up, { capture: true });
}

const pressOf = (event: KeyboardEvent): KeyPress => ({
  code: event.code,
  key: event.key,
  at: event.timeStamp,
  shift: event.shiftKey,
  ctrl: event.ctrlKey,
  alt: event.altKey,
  meta: event.metaKey,
  repeat: event.repeat,
});

const sameSettings = (now: WedgeSettings, wanted: Partial<WedgeSettings>): boolean =>
  Object.entries(wanted).every(([name, value]) => now[name as keyof WedgeSettings] === value);

function heldBy(target: EventTarget | null): Before | null {
  const isField =
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement &&
      !/^(button|submit|reset|checkbox|radio|file|image|color|range)$/.test(target.type));
  return isField ? { field: target, value: target.value } : null;
}

function restore({ field, value }: Before): void {
  if (field.value === value) return;
  field.value = value;
  // The page keeps what fields hold in its own state, and hears of it by these.
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
}
