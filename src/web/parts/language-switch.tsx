import { settings } from '../settings.ts';

const names = { ar: 'العربية', en: 'English' } as const;

/** Each language in its own words, so that whoever cannot read the present one finds theirs. */
export function LanguageSwitch() {
  return (
    <div class="segments">
      {(['ar', 'en'] as const).map((language) => (
        <button
          type="button"
          key={language}
          lang={language}
          aria-pressed={settings.language.value === language}
          onClick={() => {
            settings.language.value = language;
          }}
        >
          {names[language]}
        </button>
      ))}
    </div>
  );
}
