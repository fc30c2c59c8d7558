-- Up Migration

-- What OTO said over its webhooks, as it came. Only a few fields of it are signed: it says where to look, and the look has the effect.
create table webhook_event (
  id bigint generated always as identity primary key,
  -- SHA-256 of type and body: what comes again is the same event.
  fingerprint bytea not null unique,
  type text not null check (type in ('newOrders', 'orderStatus', 'shipmentError', 'walletTransaction')),
  body bytea not null,
  -- Names of all headers, values of those that are no secret.
  headers jsonb not null,
  received_at timestamptz not null default now(),
  -- OTO's own time; null where it cannot be read, or lies ahead of us.
  event_at timestamptz,
  order_id text,
  state text not null default 'received' check (state in ('received', 'done', 'failed')),
  -- Older than what was known of its order, or older than it may be.
  late boolean not null default false,
  effect text,
  attempts int not null default 0,
  next_at timestamptz not null default now(),
  -- How often it came again.
  repeats int not null default 0,
  done_at timestamptz
);
create index webhook_event_open on webhook_event (id) where state = 'received';
create index webhook_event_failed on webhook_event (done_at) where state = 'failed';
-- An older event of an order that comes after a newer one undoes nothing: this finds the newer one.
create index webhook_event_newest on webhook_event (order_id, type, event_at);

-- What OTO said of an order's shipment, for people.
alter table packing_order
  add column if not exists problem text,
  add column if not exists problem_at timestamptz;
