-- Up Migration

-- Each figure that is held has a row of its own, whatever held it: what a person approves or rejects is a figure that stood in the list.
alter table quarantine
  -- What tripped, where it was more than this one figure: a sentence about the location or the product group.
  add column cause text,
  -- Product group that was judged, such as `category Dairy`; empty for the whole location or a single figure.
  add column product_group text not null default '',
  -- All rules that suspect it; `rule` is the one that is shown. An approval covers them all.
  add column rules text[] not null default '{}',
  -- Since when the rule has held this key, though its figure moved. `created_at` is when this figure was held first.
  add column since timestamptz not null default now(),
  add column last_run_id bigint,
  -- A rejection stands until the ERP says something else.
  add column ended_at timestamptz;
update quarantine set rules = array[rule], since = created_at, last_run_id = run_id;
-- Until now a location was held in one row, which names no figure that could be approved.
update quarantine set state = 'released', decided_at = now(), decided_by = 'bridge', note = 'figures are held one by one now'
  where flow = 'stock' and sku = '' and state in ('held', 'approved');
create index quarantine_open on quarantine (location, sku) where state <> 'released';

-- How often in a row a rule has tripped at one place, counted by what was read.
create table guard_trip (
  flow text not null,
  rule text not null,
  location text not null,
  product_group text not null,
  since timestamptz not null default now(),
  times int not null default 1,
  snapshot_id bigint,
  run_id bigint,
  held int not null,
  primary key (flow, rule, location, product_group)
);

-- Figures that were set to zero lately: 2 is the lane of what falls to zero.
create index operation_zeroed on operation (location, settled_at)
  where kind = 'stock-set' and flow = 'stock' and state = 'landed' and lane = 2;
