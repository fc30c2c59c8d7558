-- Up Migration

-- What the receiver of alerts has been told of an alarm, and when. Null: not yet.
alter table alarm
  add column told_raised_at timestamptz,
  add column told_cleared_at timestamptz,
  add column told_at timestamptz,
  add column reminders int not null default 0,
  -- One process at a time tells, and only the last one to begin may write down what came of it.
  add column tries int not null default 0,
  add column telling_until timestamptz,
  -- The receiver that did not take it: it is told again only by another one.
  add column refused_by text,
  add column refused_why text;
create index alarm_untold on alarm (id) where told_raised_at is null or (cleared_at is not null and told_cleared_at is null);

create table alert_receiver (
  singleton boolean primary key default true check (singleton),
  -- Of its address and headers.
  fingerprint text not null,
  -- Alarms that were over before there was a receiver are not told.
  since timestamptz not null default now(),
  failures int not null default 0,
  not_before timestamptz not null default now(),
  problem text,
  problem_at timestamptz,
  delivered_at timestamptz
);
