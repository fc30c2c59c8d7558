import { render } from 'preact';
import { App } from './app.tsx';
import { startClock } from './clock.ts';
import { openDevice } from './open-device.ts';
import { followAddress } from './route.ts';
import { loadSession, sendActions, signedIn } from './session.ts';
import { settings } from './settings.ts';
import { followServer } from './sync.ts';

followAddress();
startClock();
const device = await openDevice({ settings, session: signedIn, send: sendActions, refreshSession: loadSession });
followServer(device);
const place = document.getElementById('app');
if (place !== null) render(<App device={device} />, place);
