-- Up Migration

-- Who holds the row while it is sent, and who has landed it in one go. An ordinary call (claimed, answered, landed) changed the row twice and
-- added two events that said the same as the row: a sixth of what the database did for it, and most of what it kept. Now the row alone
-- tells of a claim and of the landing that followed on it; whatever else comes of a claim is written as steps, the claim among them.
alter table operation add column claimed_by text;

alter table operation_event rename to operation_step;
alter table operation_step rename constraint operation_event_pkey to operation_step_pkey;

-- The whole story of an operation, in order of `id`.
create view operation_event as
  select id, operation_id, at, "from", "to", who, why, detail from operation_step
  union all
  -- Nothing is written of an operation after these: the greatest numbers that JavaScript holds exactly.
  select 9007199254740990, id, sent_at, 'ready', 'sending', claimed_by, 'claimed', jsonb_build_object('fence', fence)
    from operation where claimed_by is not null
  union all
  select 9007199254740991, id, settled_at, 'sending', 'landed', claimed_by, why, null
    from operation where claimed_by is not null and state = 'landed';

-- A worker of an earlier release that still finishes what it had claimed writes its events here.
create function write_operation_step() returns trigger language plpgsql set search_path from current as $$
begin
  insert into operation_step (operation_id, "from", "to", who, why, detail)
  values (new.operation_id, new."from", new."to", new.who, new.why, new.detail) returning id into new.id;
  return new;
end
$$;

create trigger operation_event_written instead of insert on operation_event for each row execute function write_operation_step();

create or replace function drop_operation_events() returns trigger language plpgsql set search_path from current as $$
begin
  delete from operation_step e using gone g where e.operation_id = g.id;
  return null;
end
$$;
