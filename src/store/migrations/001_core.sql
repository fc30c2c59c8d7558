-- Up Migration

-- One bridge serves one OTO account. Row-level identity of that account, and the refresh token that OTO last answered with
-- (encrypted with a key derived from the configured one, so that the database alone gives nobody access).
create table account (
  singleton boolean primary key default true check (singleton),
  fingerprint text not null,
  environment text not null,
  base_url text not null,
  refresh_token text,
  created_at timestamptz not null default now(),
  accepted_at timestamptz not null default now()
);

create table run (
  id bigint generated always as identity primary key,
  flow text not null,
  source text,
  trigger text not null,
  holder text not null,
  status text not null check (status in ('running', 'done', 'failed', 'blocked', 'busy')),
  outcome text check (outcome in ('changed', 'unchanged', 'nothing-new', 'empty', 'needs-person')),
  counts jsonb not null default '{}',
  notes jsonb not null default '[]',
  error jsonb,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);
create index on run (flow, id desc);

create table snapshot (
  id bigint generated always as identity primary key,
  run_id bigint references run,
  source text not null,
  entity text not null,
  status text not null check (status in ('reading', 'complete', 'failed', 'refused')),
  -- Our clock before the first request: what changed in the source after it belongs to the next read.
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  as_of timestamptz,
  completeness text check (completeness in ('proven', 'likely', 'unproven')),
  rows bigint not null default 0,
  rejects bigint not null default 0,
  ignored bigint not null default 0,
  checksum text,
  description text,
  problem text
);
create index on snapshot (source, entity, id desc);

create table checkpoint (
  source text not null,
  entity text not null,
  version int not null,
  value jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (source, entity)
);

create table reject (
  id bigint generated always as identity primary key,
  snapshot_id bigint not null references snapshot on delete cascade,
  source text not null,
  entity text not null,
  key text,
  file text,
  line int,
  column_name text,
  value text,
  reason text not null,
  -- Equal for the same trouble in two reads, so that only new trouble asks for a person.
  fingerprint text not null,
  created_at timestamptz not null default now()
);
create index on reject (snapshot_id);
create index on reject (fingerprint);

-- Staged stock of one snapshot, already in whole base units and under OTO's location code. One partition a snapshot, so that
-- dropping an old one leaves nothing to vacuum.
create table stock_row (
  snapshot_id bigint not null,
  sku text not null,
  location text not null,
  erp_location text not null,
  quantity bigint not null
) partition by list (snapshot_id);

-- Keys with a rejected row: their sum would be too low, so they are left as they are.
create table stock_doubt (
  snapshot_id bigint not null references snapshot on delete cascade,
  sku text not null,
  location text not null,
  reason text not null,
  primary key (snapshot_id, sku, location)
);

create table product (
  source text not null,
  sku text not null,
  erp_id text,
  data jsonb not null,
  hash text not null,
  type text not null,
  active boolean not null,
  snapshot_id bigint not null,
  -- What was sent to OTO, and which later state has been reported as drift.
  sent_hash text,
  reported_hash text,
  updated_at timestamptz not null default now(),
  primary key (source, sku)
);
create index on product (source, erp_id) where erp_id is not null;

create table oto_product (
  sku text primary key,
  name text,
  barcode text,
  product_id bigint,
  known_by text not null check (known_by in ('list', 'exists', 'created')),
  seen_at timestamptz not null default now()
);

create table oto_location (
  code text primary key,
  name text,
  kind text not null,
  city text,
  seen_at timestamptz not null default now()
);

-- OTO's figures as last read. A null figure: OTO answered, and named no figure for this key.
create table oto_stock (
  location text not null,
  sku text not null,
  on_hand bigint,
  forecasted bigint,
  read_at timestamptz not null,
  primary key (location, sku)
) with (fillfactor = 70);

create table document (
  id bigint generated always as identity primary key,
  key text not null unique,
  source text not null,
  company text,
  kind text not null check (kind in ('purchase', 'disposal')),
  erp_id text,
  number text not null,
  date date not null,
  delivery_date date,
  booked_at timestamptz not null,
  location text not null,
  erp_location text not null,
  partner text,
  waybill text,
  note text,
  reference text not null unique,
  hash text not null,
  reported_hash text,
  -- new: known, not sent · held: waits for approval · sending: an operation is open · pending: OTO has it, its staff have not
  -- processed it · processed: its goods are in OTO's figure · skipped: never sent, with the reason in `why`
  state text not null check (state in ('new', 'held', 'sending', 'pending', 'processed', 'skipped')),
  why text,
  oto_id text,
  snapshot_id bigint not null,
  seen_at timestamptz not null default now(),
  sent_at timestamptz,
  processed_at timestamptz,
  processed_by text
);
create index on document (state);
create index on document (location, state);

create table document_line (
  document_id bigint not null references document on delete cascade,
  line int not null,
  sku text not null,
  quantity bigint not null check (quantity > 0),
  primary key (document_id, line)
);
create index on document_line (sku);

create table plan (
  id bigint generated always as identity primary key,
  flow text not null,
  run_id bigint references run,
  source text,
  status text not null check (status in ('proposed', 'approved', 'applied', 'stale', 'rejected')),
  snapshot_id bigint,
  mapping_hash text not null,
  pending_hash text not null,
  filter jsonb not null default '{}',
  counts jsonb not null default '{}',
  why text,
  created_at timestamptz not null default now(),
  decided_at timestamptz,
  decided_by text
);
create index on plan (flow, id desc);

create table plan_item (
  plan_id bigint not null references plan on delete cascade,
  seq int not null,
  kind text not null,
  action text not null,
  key text not null,
  sku text,
  location text,
  document_id bigint,
  "from" bigint,
  "to" bigint,
  detail jsonb not null default '{}',
  -- Held back: the rule of the guard that did it.
  held text,
  outcome text,
  primary key (plan_id, seq)
);

create table operation (
  id bigint generated always as identity primary key,
  kind text not null,
  flow text not null,
  run_id bigint,
  plan_id bigint,
  key text not null,
  lane smallint not null,
  location text,
  sku text,
  document_id bigint references document,
  order_id text,
  request jsonb not null,
  precondition jsonb not null default '{}',
  state text not null check (state in ('ready', 'waiting', 'sending', 'unknown', 'parked', 'landed', 'refused', 'superseded', 'cancelled')),
  verdict text check (verdict in ('landed', 'refused', 'superseded', 'cancelled')),
  evidence text check (evidence in ('answer', 'read-back', 'natural-key', 'already-true', 'person')),
  attempts int not null default 0,
  fence int not null default 0,
  lease_until timestamptz,
  not_before timestamptz not null default now(),
  waiting_for text,
  answer jsonb,
  oto_id text,
  why text,
  job_id uuid,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  settled_at timestamptz
) with (fillfactor = 60);
-- Level, not edge: at most one unsent and one in flight for a key, so that the newest figure wins and two calls never race.
create unique index operation_unsent on operation (kind, key) where state in ('ready', 'waiting');
create unique index operation_in_flight on operation (kind, key) where state in ('sending', 'unknown');
-- A document is never sent by two operations, whatever happens above.
create unique index operation_document on operation (key) where kind = 'inventory-order' and state not in ('cancelled', 'superseded');
create index operation_open on operation (state, not_before) where state in ('ready', 'waiting', 'sending', 'unknown', 'parked');
create index on operation (run_id);
create index on operation (kind, key);
create index on operation (order_id) where order_id is not null;
create index on operation (document_id) where document_id is not null;

create table operation_event (
  id bigint generated always as identity primary key,
  operation_id bigint not null references operation on delete cascade,
  at timestamptz not null default now(),
  "from" text,
  "to" text not null,
  who text not null,
  why text not null,
  detail jsonb
);
create index on operation_event (operation_id);

create table quarantine (
  id bigint generated always as identity primary key,
  flow text not null,
  rule text not null,
  location text not null default '',
  sku text not null default '',
  document_id bigint references document,
  -- Where a product's identity moved: whose product it is, by the ERP's own id.
  source text,
  erp_id text,
  direction text not null,
  "from" bigint,
  "to" bigint,
  reason text not null,
  state text not null default 'held' check (state in ('held', 'approved', 'rejected', 'released')),
  snapshot_id bigint,
  run_id bigint,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  decided_at timestamptz,
  decided_by text,
  approved_until timestamptz,
  note text
);
create unique index quarantine_held on quarantine (flow, rule, location, sku, coalesce(document_id, 0)) where state = 'held';
create index on quarantine (flow, state);

create table adoption (
  flow text not null,
  location text not null,
  adopted_at timestamptz not null default now(),
  adopted_by text not null,
  baseline jsonb not null default '{}',
  primary key (flow, location)
);

create table pause (
  scope text not null check (scope in ('flow', 'account', 'family')),
  name text not null,
  code text,
  reason text not null,
  since timestamptz not null default now(),
  paused_by text not null,
  probed_at timestamptz,
  primary key (scope, name)
);

create table alarm (
  id bigint generated always as identity primary key,
  kind text not null,
  subject text not null,
  message text not null,
  hint text,
  count int not null default 1,
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  cleared_at timestamptz
);
create unique index alarm_open on alarm (kind, subject) where cleared_at is null;

create table packing_order (
  order_id text primary key,
  location text not null,
  items jsonb not null,
  state text not null check (state in ('ready', 'picked', 'packed', 'left')),
  why text,
  first_seen timestamptz not null default now(),
  last_seen timestamptz not null default now(),
  picked_at timestamptz,
  packed_at timestamptz,
  changed_by text
);
create index on packing_order (location, state);

-- What was last written to an ERP for locations that OTO owns.
create table stock_written (
  location text not null,
  sku text not null,
  quantity bigint not null,
  written_at timestamptz not null default now(),
  primary key (location, sku)
);
