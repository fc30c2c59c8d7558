import { maybe, type Queryable } from './queryable.ts';

/** The OTO account that this database belongs to. */
export interface Account {
  readonly fingerprint: string;
  readonly environment: string;
  readonly base_url: string;
  /** Encrypted. */
  readonly refresh_token: string | null;
}

export async function getAccount(db: Queryable): Promise<Account | undefined> {
  return maybe<Account>(db, 'select fingerprint, environment, base_url, refresh_token from account');
}

export async function bindAccount(
  db: Queryable,
  account: { fingerprint: string; environment: string; baseUrl: string },
): Promise<void> {
  await db.query(
    `insert into account (fingerprint, environment, base_url) values ($1, $2, $3)
     on conflict (singleton) do update set fingerprint = excluded.fingerprint, environment = excluded.environment,
       base_url = excluded.base_url, refresh_token = null, accepted_at = now()`,
    [account.fingerprint, account.environment, account.baseUrl],
  );
}

/** False: the database is not bound to an account yet, so there is no place for it. */
export async function keepRefreshToken(db: Queryable, sealed: string): Promise<boolean> {
  return (await db.query('update account set refresh_token = $1 returning singleton', [sealed])).length > 0;
}
