import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Code } from '../parts/code.tsx';
import { useDevice } from '../parts/device-context.ts';
import { LanguageSwitch } from '../parts/language-switch.tsx';
import { location, signedIn, signOut } from '../session.ts';
import { settings } from '../settings.ts';
import { say } from '../texts/index.ts';
import { waitingOf } from '../work.ts';
import { actionText } from './action-words.ts';

export function Settings() {
  const { scanner, feedback, outbox } = useDevice();
  const text = say.value;
  const lastScan = useSignal<string | null>(null);
  useEffect(
    () =>
      scanner.onScan(({ code }) => {
        lastScan.value = code;
        feedback.ok();
      }),
    [scanner, feedback],
  );
  const { own } = waitingOf(outbox);
  const person = signedIn.value;
  return (
    <div class="page narrow settings">
      <h1>{text('settings.title')}</h1>
      <section class="card">
        <h2>{text('settings.you')}</h2>
        <p>
          <b dir="auto">{person?.staff.name}</b>{' '}
          <span class="muted">{person !== null && text(`role.${person.staff.role}`)}</span>
        </p>
        <p>
          {text('settings.place')}: <b dir="auto">{location.value?.name ?? location.value?.code}</b>
        </p>
        {own.length > 0 && <p class="note wait">{text('signIn.outWaits', { count: own.length })}</p>}
        <div class="buttons">
          {(person?.locations.length ?? 0) > 1 && (
            <button
              type="button"
              onClick={() => {
                settings.location.value = '';
              }}
            >
              {text('location.change')}
            </button>
          )}
          <button type="button" data-action="sign-out" onClick={() => void signOut()}>
            {text('signIn.out')}
          </button>
        </div>
      </section>
      <section class="card">
        <h2>{text('settings.language')}</h2>
        <LanguageSwitch />
        <h2>{text('settings.numerals')}</h2>
        <div class="segments" dir="ltr">
          {(['latn', 'arab'] as const).map((one) => (
            <button
              type="button"
              key={one}
              aria-pressed={settings.numerals.value === one}
              onClick={() => {
                settings.numerals.value = one;
              }}
            >
              {text(`settings.${one}`)}
            </button>
          ))}
        </div>
      </section>
      <section class="card">
        <Switch label={text('settings.sounds')} value={settings.sounds} />
        <Switch label={text('settings.vibration')} value={settings.vibration} />
        <h2>{text('settings.try')}</h2>
        <div class="buttons">
          <button type="button" onClick={() => feedback.ok()}>
            {text('settings.tryOk')}
          </button>
          <button type="button" onClick={() => feedback.wrong()}>
            {text('settings.tryWrong')}
          </button>
          <button type="button" onClick={() => feedback.done()}>
            {text('settings.tryDone')}
          </button>
        </div>
      </section>
      <section class="card">
        <h2>{text('settings.scanner')}</h2>
        <TextSetting label={text('settings.prefix')} value={settings.scannerPrefix} />
        <TextSetting label={text('settings.suffix')} value={settings.scannerSuffix} />
        <p class="muted">{text('settings.scannerHint')}</p>
        <p>
          {text('settings.lastScan')}:{' '}
          {lastScan.value === null ? text('settings.noScan') : <Code>{lastScan.value}</Code>}
        </p>
      </section>
      <section class="card">
        <h2>{text('settings.waiting')}</h2>
        {outbox.waiting.value.length === 0 && <p class="muted">{text('settings.nothing')}</p>}
        <ol class="waiting">
          {outbox.waiting.value.map(({ action, staff }) => (
            <li key={action.id}>
              {text('conflicts.what', { action: actionText(action), order: action.order })}{' '}
              <span class="muted">{staff.name}</span>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

function Switch({ label, value }: { readonly label: string; readonly value: Signal<boolean> }) {
  return (
    <label class="switch">
      <span>{label}</span>
      <input
        type="checkbox"
        role="switch"
        aria-checked={value.value}
        checked={value}
        onChange={({ currentTarget }) => {
          value.value = currentTarget.checked;
        }}
      />
    </label>
  );
}

function TextSetting({ label, value }: { readonly label: string; readonly value: Signal<string> }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        dir="ltr"
        maxLength={12}
        autocomplete="off"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => {
          value.value = currentTarget.value.trim();
        }}
      />
    </label>
  );
}
