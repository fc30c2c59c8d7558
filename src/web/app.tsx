import { useEffect } from 'preact/hooks';
import type { StationSession } from '../model/station.ts';
import { numberText } from './clock.ts';
import type { Device } from './device.ts';
import { counts, troubleCount } from './orders.ts';
import { Announcer } from './parts/announce.tsx';
import { DeviceProvider } from './parts/device-context.ts';
import { Icon, type IconName } from './parts/icon.tsx';
import { StatusBar } from './parts/status-bar.tsx';
import { hrefOf, type Route, route } from './route.ts';
import { Conflicts } from './screens/conflicts.tsx';
import { Locations } from './screens/locations.tsx';
import { Orders } from './screens/orders.tsx';
import { Settings } from './screens/settings.tsx';
import { SignIn } from './screens/sign-in.tsx';
import { Supervisor } from './screens/supervisor.tsx';
import { Trouble } from './screens/trouble.tsx';
import { hasEnded, isSupervisor, location, session } from './session.ts';
import { settings } from './settings.ts';
import { say } from './texts/index.ts';

export function App({ device }: { readonly device: Device }) {
  const language = settings.language.value;
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dir = language === 'ar' ? 'rtl' : 'ltr';
    document.title = say.value('app.name');
  }, [language]);
  return (
    <DeviceProvider value={device}>
      <Screen />
      <Announcer />
    </DeviceProvider>
  );
}

function Screen() {
  const who = session.value;
  if (who === undefined) return <p class="empty">{say.value('app.loading')}</p>;
  if (who === null) {
    return (
      <>
        <StatusBar />
        <SignIn ended={hasEnded.value} />
      </>
    );
  }
  const place = location.value;
  return (
    <div class="app">
      <Top who={who} />
      <StatusBar />
      {place === undefined && needsPlace(route.value) ? (
        <Locations />
      ) : (
        <Content place={place?.code ?? ''} at={route.value} />
      )}
      {place !== undefined && <Tabs at={route.value} />}
    </div>
  );
}

const needsPlace = ({ screen }: Route) => screen !== 'conflicts' && screen !== 'settings';

function Top({ who }: { readonly who: StationSession }) {
  const place = location.value;
  return (
    <header class="top">
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        {say.value('app.skip')}
      </button>
      <span class="top-place">
        <Icon name="box" />
        <b dir="auto">{place?.name ?? place?.code ?? say.value('app.name')}</b>
      </span>
      <span class="top-person" dir="auto">
        <Icon name="person" />
        {who.staff.name}
      </span>
    </header>
  );
}

function Content({ place, at }: { readonly place: string; readonly at: Route }) {
  return (
    <main id="content" tabIndex={-1}>
      {at.screen === 'orders' && <Orders key={place} place={place} current={at.order} />}
      {at.screen === 'supervisor' && <Supervisor key={place} place={place} />}
      {at.screen === 'trouble' && <Trouble key={place} place={place} />}
      {at.screen === 'conflicts' && <Conflicts />}
      {at.screen === 'settings' && <Settings />}
    </main>
  );
}

function Tabs({ at }: { readonly at: Route }) {
  return (
    <nav class="tabs" aria-label={say.value('nav.label')}>
      <Tab to="orders" icon="list" at={at} />
      {isSupervisor.value && <Tab to="supervisor" icon="review" at={at} count={counts.value?.short ?? 0} />}
      <Tab to="trouble" icon="alert" at={at} count={troubleCount.value} />
      <Tab to="settings" icon="settings" at={at} />
    </nav>
  );
}

interface TabProps {
  readonly to: 'orders' | 'supervisor' | 'trouble' | 'settings';
  readonly icon: IconName;
  readonly at: Route;
  readonly count?: number;
}

function Tab({ to, icon, at, count = 0 }: TabProps) {
  return (
    <a href={hrefOf[to]} aria-current={at.screen === to ? 'page' : undefined}>
      <Icon name={icon} />
      <span>{say.value(`nav.${to}`)}</span>
      {count > 0 && <span class="count">{numberText.value(count)}</span>}
    </a>
  );
}
