-- Up Migration

-- What staff do with an order at the station. `ready`: nobody has begun. `picking`: claimed, or partly counted. `short`: a short pick that a
-- supervisor decides on. `picked`, `packed`: done here, or in OTO itself. `left`: gone from OTO's list, with the reason in `why`.
alter table packing_order drop constraint packing_order_state_check;
alter table packing_order add constraint packing_order_state_check
  check (state in ('ready', 'picking', 'short', 'picked', 'packed', 'left'));
alter table packing_order
  -- Of the items, added up: the list of orders shows them without unpacking the items of each.
  add column lines int not null default 0,
  add column units bigint not null default 0,
  add column counted bigint not null default 0,
  add column skus text[] not null default '{}',
  -- By SKU: what was counted, and what is short with its reason.
  add column progress jsonb not null default '{}',
  -- One picker at a time, until they are idle for too long (flows.packing.claimMinutes).
  add column claim_staff int,
  add column claim_name text,
  add column claim_since timestamptz,
  add column active_at timestamptz,
  -- Whose claim ended because they were idle: they may go on where nobody else has taken the order.
  add column claim_last int,
  -- The operations that tell OTO; null again when they were undone.
  add column pick_operation bigint,
  add column pack_operation bigint,
  -- The furthest step that OTO is known to have.
  add column oto_has text check (oto_has in ('picked', 'packed')),
  -- OTO's own id of the order and its references, where a read showed them: the ERP may know it by one of these.
  add column refs jsonb not null default '{}',
  add column erp_operation bigint,
  -- Why the ERP cannot be told: nothing matches.
  add column erp_unmatched text,
  add column problem text,
  -- When OTO said so.
  add column problem_at timestamptz,
  add column changed text,
  -- When OTO was last asked about the order itself.
  add column looked_at timestamptz,
  -- When it was packed or left.
  add column done_at timestamptz;
-- Every reading of the list writes to all of its rows.
alter table packing_order set (fillfactor = 70);

update packing_order p set
  lines = i.lines, units = i.units, skus = i.skus,
  oto_has = case when p.state in ('picked', 'packed') then p.state end,
  done_at = case when p.state in ('packed', 'left') then coalesce(p.packed_at, p.last_seen) end,
  pick_operation = (select max(o.id) from operation o where o.kind = 'packing-status' and o.key = p.order_id || E'\tpicked'
    and o.state not in ('superseded', 'cancelled')),
  pack_operation = (select max(o.id) from operation o where o.kind = 'packing-status' and o.key = p.order_id || E'\tpacked'
    and o.state not in ('superseded', 'cancelled')),
  erp_operation = (select max(o.id) from operation o where o.order_id = p.order_id and o.kind = 'erp-command'
    and o.state not in ('superseded', 'cancelled'))
from (
  select order_id, count(*) as lines, coalesce(sum(ceil(quantity)), 0) as units, coalesce(array_agg(sku), '{}') as skus from (
    select q.order_id, coalesce(nullif(e->>'sku', ''), nullif(e->>'name', ''), '?') as sku, sum((e->>'quantity')::numeric) as quantity
    from packing_order q, jsonb_array_elements(q.items) e group by 1, 2) line
  group by order_id) i
where i.order_id = p.order_id;

-- Orders that the station shows as open, oldest first. Packed ones of a month lie beside them.
create index packing_order_open on packing_order (location, first_seen, order_id)
  where state <> 'left' and (state <> 'packed' or oto_has is distinct from 'packed');
create index packing_order_done on packing_order (location, done_at desc, order_id) where state in ('packed', 'left');
create index packing_order_trouble on packing_order (location) where state <> 'left' and (erp_unmatched is not null or problem is not null);
create index operation_order_trouble on operation (order_id) where order_id is not null and state in ('refused', 'parked');
-- What a scanner reads off an item.
create index oto_product_barcode on oto_product (barcode) where barcode is not null;
create index product_barcode on product ((data->>'barcode')) where data->>'barcode' is not null;
create index product_second_barcode on product ((data->>'secondBarcode')) where data->>'secondBarcode' is not null;
create index packing_order_claim on packing_order (active_at) where claim_staff is not null;

-- When OTO's list of a location was last read.
create table packing_list (
  location text primary key,
  read_at timestamptz not null
);

-- Everything that somebody did at the station, or tried: who, when, where, and what came of it. The id is made by the device: the same id
-- twice has one effect. What the bridge itself did with an order stands here too, without a person.
create table station_action (
  id uuid primary key,
  staff_id int,
  by text not null,
  order_id text not null,
  location text,
  type text not null,
  payload jsonb not null default '{}',
  -- The device's clock; what counts is ours.
  device_at timestamptz,
  received_at timestamptz not null default now(),
  address text,
  result text not null check (result in ('done', 'refused')),
  refusal text,
  message text
);
create index station_action_order on station_action (order_id, received_at desc);
create index station_action_received on station_action (received_at);

-- That an order has changed, by whomever and in whatever way, for those who watch. Appended only: two that change an order at once must
-- not wait for each other here. `xid` orders what is visible: of all that are older than the oldest transaction that still runs,
-- nothing more will appear.
create table station_change (
  version bigint generated always as identity primary key,
  order_id text not null,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default now()
);
create index station_change_order on station_change (order_id, version desc);
create index station_change_xid on station_change (xid);

insert into station_change (order_id) select order_id from packing_order;

create function note_packing_change() returns trigger language plpgsql as $$
begin
  insert into station_change (order_id) values (new.order_id);
  return null;
end
$$;

create trigger packing_order_made after insert on packing_order for each row execute function note_packing_change();
create trigger packing_order_changed after update on packing_order for each row
  when ((old.location, old.items, old.state, old.why, old.progress, old.claim_staff, old.pick_operation, old.pack_operation, old.oto_has,
      old.erp_operation, old.erp_unmatched, old.problem, old.changed)
    is distinct from (new.location, new.items, new.state, new.why, new.progress, new.claim_staff, new.pick_operation, new.pack_operation,
      new.oto_has, new.erp_operation, new.erp_unmatched, new.problem, new.changed))
  execute function note_packing_change();
-- What becomes of the operation that tells OTO or the ERP shows on the order. While OTO is away each of them is tried again and again: that one
-- is just being tried shows nowhere, and that it came back does so after 1, 2, 4, 8 … tries, or every screen would be told of it all day.
create trigger operation_of_order after update of state on operation for each row
  when (new.order_id is not null and old.state is distinct from new.state and new.state <> 'sending'
    and (old.state <> 'sending' or new.state <> 'ready' or new.fence & (new.fence - 1) = 0))
  execute function note_packing_change();
