import { isLoopback } from '../config/address.ts';
import type { LoadedConfig } from '../config/load.ts';
import { counted } from '../lib/text.ts';
import type { Database } from '../store/db.ts';
import { countStaff } from '../store/staff.ts';

interface Found {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string | undefined;
}

/** Whether anybody can sign in to the station. Nothing where there is none, or where the database cannot be asked. */
export async function checkStation({ config }: LoadedConfig, db: Database | undefined): Promise<Found[]> {
  const { enabled, host, port, tls, station } = config.http;
  if (!enabled || !station.enabled || db === undefined) return [];
  const accounts = await countStaff(db);
  const address = `${tls === undefined ? 'http' : 'https'}://${host}:${port}/station/`;
  const who = accounts === 0 ? 'nobody has an account' : counted(accounts, 'account', 'accounts');
  return [
    {
      what: 'station',
      ok: accounts > 0 || isLoopback(host),
      detail: `${address}: ${who}`,
      hint: 'The worker does not start so: `oto-bridge staff add NAME --role admin` makes an account; http.station: { enabled: false } does without the station.',
    },
  ];
}
