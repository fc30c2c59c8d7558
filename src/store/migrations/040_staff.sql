-- Up Migration

-- People who work at the station page.
create table staff (
  id int generated always as identity primary key,
  -- As it was given; `name_key` is what makes it one name, whatever its case and blanks.
  name text not null,
  name_key text not null unique,
  role text not null check (role in ('picker', 'supervisor', 'admin')),
  -- OTO pickup location codes. An admin sees every configured location, whatever stands here.
  locations text[] not null default '{}',
  -- Argon2id, with its parameters and its salt in it.
  pin_hash text not null,
  pin_set_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  created_by text not null,
  disabled_at timestamptz,
  -- The last sign-in, for those who look for accounts that nobody uses.
  seen_at timestamptz
);

-- Who is signed in. The cookie holds a random id; here is only its SHA-256, so that whoever reads this table is nobody.
create table staff_session (
  id text primary key,
  staff_id int not null references staff on delete cascade,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  -- Whatever happens, it is over then. It is over earlier where nothing was asked for so long (http.station.idleMinutes).
  expires_at timestamptz not null,
  address text not null,
  device text not null
);
create index staff_session_staff on staff_session (staff_id);

-- Failed attempts to sign in, by name and by address, over all workers: each failure beyond the first few makes the next attempt wait
-- longer. `key` is a hash, since people type their PIN into the field of the name, and names that nobody has are guarded too: else
-- the guard would tell which ones there are.
create table sign_in_guard (
  kind text not null check (kind in ('name', 'address')),
  key text not null,
  failures int not null default 0,
  last_at timestamptz not null default now(),
  not_before timestamptz not null default now(),
  primary key (kind, key)
);

-- Who signed in, who tried, and who changed an account: when, from where, and what came of it. An account is never deleted, so that
-- what stands here keeps its name.
create table staff_event (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  type text not null,
  -- Null: a name that nobody has. What was typed is not kept, since it may be a PIN.
  staff_id int references staff,
  -- Who did it: the person, or who ran the command.
  by text not null,
  outcome text not null,
  address text,
  device text
);
create index staff_event_staff on staff_event (staff_id, id desc);

-- What signs the cookies of all workers.
create table station_key (
  singleton boolean primary key default true check (singleton),
  key text not null
);
