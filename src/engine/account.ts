import type { LoadedConfig } from '../config/load.ts';
import { BridgeError } from '../lib/errors.ts';
import { hashOf, sha256 } from '../lib/hash.ts';
import type { Identity } from '../oto/index.ts';
import { type Account, bindAccount, getAccount } from '../store/account.ts';
import type { Database } from '../store/db.ts';
import type { Bridge } from './context.ts';
import { engineErrors } from './errors.ts';

/** What is remembered of the account that a database belongs to. Where the token names none, the token itself stands for it. */
export function accountFingerprint(loaded: LoadedConfig, identity: Exclude<Identity, { kind: 'unavailable' }>): string {
  const account = identity.kind === 'account' ? identity.id : `token ${sha256(loaded.config.oto.refreshToken)}`;
  return hashOf({ environment: loaded.fingerprint.oto.environment, account });
}

/** False where OTO is away and cannot say whose account it is. @throws BridgeError ACCOUNT_OTHER */
export async function requireAccount(bridge: Bridge, loaded: LoadedConfig, accept: boolean): Promise<boolean> {
  const { environment, baseUrl } = loaded.fingerprint.oto;
  const identity = await bridge.oto.identity();
  if (identity.kind === 'unavailable') {
    const known = await getAccount(bridge.db);
    if (known !== undefined && known.environment !== environment && !accept) throw otherAccount(known, loaded);
    // Without a token nothing is read or sent either: the call that needs one says what is wrong with it.
    return false;
  }
  if (accept) {
    await bindAccount(bridge.db, { fingerprint: accountFingerprint(loaded, identity), environment, baseUrl });
    return true;
  }
  const known = await bindOrCompare(bridge.db, loaded, identity);
  if (known !== undefined) throw otherAccount(known, loaded);
  return true;
}

/** Binds a database that belongs to no account yet. Gives the account that it belongs to, where that is another one. */
export async function bindOrCompare(
  db: Database,
  loaded: LoadedConfig,
  identity: Exclude<Identity, { kind: 'unavailable' }>,
): Promise<Account | undefined> {
  const { environment, baseUrl } = loaded.fingerprint.oto;
  const fingerprint = accountFingerprint(loaded, identity);
  const known = await getAccount(db);
  if (known === undefined) {
    await bindAccount(db, { fingerprint, environment, baseUrl });
    return undefined;
  }
  return known.fingerprint === fingerprint ? undefined : known;
}

export function otherAccount(known: Account, loaded: LoadedConfig): BridgeError {
  const { environment } = loaded.fingerprint.oto;
  return new BridgeError(engineErrors.ACCOUNT_OTHER, {
    message:
      known.environment === environment
        ? 'oto.refreshToken opens another OTO account than the one this database belongs to.'
        : `This database belongs to an OTO account in ${known.environment}, and oto.environment is ${environment}.`,
    hint: 'What the bridge knows of one account is wrong for another. Use the right token, or another database.schema for this account. If OTO gave the same account a new token: `oto-bridge adopt --account`.',
    place: { path: known.environment === environment ? 'oto.refreshToken' : 'oto.environment' },
  });
}
