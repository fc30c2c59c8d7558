import { useSignal } from '@preact/signals';
import { ApiError } from '../api-error.ts';
import { ageText, numberText } from '../clock.ts';
import { plainDigits } from '../numerals.ts';
import { announce } from '../parts/announce.tsx';
import { Icon } from '../parts/icon.tsx';
import { LanguageSwitch } from '../parts/language-switch.tsx';
import { signIn } from '../session.ts';
import { settings } from '../settings.ts';
import { say } from '../texts/index.ts';

const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

/** Name and PIN, with keys large enough for a thumb in a glove. */
export function SignIn({ ended }: { readonly ended: boolean }) {
  const text = say.value;
  const name = useSignal(settings.lastName.value);
  const pin = useSignal('');
  const busy = useSignal(false);
  const failure = useSignal<string | null>(null);

  const fail = (why: string) => {
    failure.value = why;
    announce(why, 'urgent');
  };
  const submit = async () => {
    if (busy.value) return;
    if (name.value.trim() === '') return fail(text('signIn.nameMissing'));
    if (pin.value.length < 4) return fail(text('signIn.pinShort'));
    busy.value = true;
    failure.value = null;
    try {
      await signIn(name.value.trim(), pin.value);
    } catch (error) {
      fail(reasonOf(error));
      pin.value = '';
    } finally {
      busy.value = false;
    }
  };
  const press = (digit: string) => {
    pin.value = (pin.value + digit).slice(0, 64);
  };

  return (
    <main class="sign-in" id="content" tabIndex={-1}>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div class="brand">
          <Icon name="box" />
          <div>
            <h1>{text('app.name')}</h1>
            <LanguageSwitch />
          </div>
        </div>
        {ended && <p class="note wait">{text('signIn.ended')}</p>}
        <label class="field">
          <span>{text('signIn.name')}</span>
          <input
            name="name"
            autocomplete="username"
            autocapitalize="words"
            spellcheck={false}
            value={name}
            onInput={({ currentTarget }) => {
              name.value = currentTarget.value;
            }}
          />
        </label>
        <label class="field">
          <span>{text('signIn.pin')}</span>
          <input
            name="pin"
            type="password"
            inputMode="numeric"
            autocomplete="current-password"
            dir="ltr"
            value={pin}
            onInput={({ currentTarget }) => {
              pin.value = plainDigits(currentTarget.value);
            }}
          />
        </label>
        <div class="keypad" dir="ltr">
          {digits.map((digit) => (
            <button
              type="button"
              key={digit}
              onClick={() => press(String(digit))}
              aria-label={text('signIn.digit', { digit })}
            >
              {numberText.value(digit)}
            </button>
          ))}
          <button
            type="button"
            class="quiet"
            aria-label={text('signIn.erase')}
            onClick={() => {
              pin.value = pin.value.slice(0, -1);
            }}
          >
            <Icon name="erase" />
          </button>
          <button type="button" onClick={() => press('0')} aria-label={text('signIn.digit', { digit: 0 })}>
            {numberText.value(0)}
          </button>
          <button type="submit" class="primary" disabled={busy} aria-label={text('signIn.submit')}>
            <Icon name="check" />
          </button>
        </div>
        {failure.value !== null && (
          <p class="note bad" data-note="sign-in">
            <Icon name="alert" />
            <span>{failure}</span>
          </p>
        )}
        <button type="submit" class="primary wide" disabled={busy}>
          {text(busy.value ? 'signIn.busy' : 'signIn.submit')}
        </button>
      </form>
    </main>
  );
}

function reasonOf(error: unknown): string {
  const text = say.peek();
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 429) return text('signIn.locked', { age: ageText((error.retryAfterSeconds ?? 60) * 1000) });
  if (error.kind === 'signed-out') return text('signIn.wrong');
  if (error.kind === 'offline' || error.kind === 'busy') return text('signIn.offline');
  if (error.code === 'HTTP_INSECURE') return text('signIn.insecure');
  return text('app.failed', { reason: error.message });
}
