import { Code } from '../parts/code.tsx';
import { signedIn, signOut } from '../session.ts';
import { settings } from '../settings.ts';
import { say } from '../texts/index.ts';

/** Which of one's locations this device stands at. */
export function Locations() {
  const text = say.value;
  const mine = signedIn.value?.locations ?? [];
  return (
    <main class="page narrow" id="content" tabIndex={-1}>
      <h1>{text(mine.length === 0 ? 'location.none' : 'location.title')}</h1>
      <ul class="choices">
        {mine.map(({ code, name }) => (
          <li key={code}>
            <button
              type="button"
              data-location={code}
              onClick={() => {
                settings.location.value = code;
              }}
            >
              <b>{name ?? code}</b>
              {name !== null && <Code>{code}</Code>}
            </button>
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => void signOut()}>
        {text('signIn.out')}
      </button>
    </main>
  );
}
