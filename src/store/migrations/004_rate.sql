-- Up Migration

-- How fast the account may be called, and how much of that is given away already: one row for all processes. Calls are given for
-- time slots of 50 ms on this server's clock. Any 22 slots in a row (1.1 s) hold at most rate + 10 % + 1 calls, and a call that is
-- given may be sent for 60 ms from the start of its slot: so it has 40 ms to travel before it could add to another second.
create table rate (
  singleton boolean primary key default true check (singleton),
  -- The newest slot for which calls were given, counted from 1970, and the calls of the 22 slots that end with it.
  slot bigint not null default 0,
  given int[] not null default array_fill(0, array[22]),
  -- Calls that may be given in that slot beyond those.
  level float8 not null default 0,
  -- How far the lanes have come: the tag of the call that is served next (see rate_demand).
  position float8 not null default 0,
  -- The part of the rate that is used since OTO asked for fewer calls. It grows back by itself once `blocked_until` is over.
  slowed_to float8 not null default 1,
  slowed_at timestamptz,
  slowed_why text,
  blocked_until timestamptz
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

insert into rate default values;

-- Who waits for calls of which lane. Lanes take turns by tags: each call given moves its lane ahead by one over the lane's share, and
-- the lane that is furthest behind goes next; the processes of one lane divide its share among them.
create table rate_demand (
  holder uuid not null,
  lane text not null,
  waiting int not null,
  -- When the holder comes again at the latest, some seconds away at most. One that does not has lost its turn: it crashed, or has nothing
  -- to send any more. A moment further away was written before this server's clock was set back.
  until timestamptz not null,
  tag float8 not null,
  primary key (holder, lane)
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- The part of the rate in use at `at`.
create function rate_part(slowed_to float8, blocked_until timestamptz, at timestamptz) returns float8
language sql immutable as $$
  select case when slowed_to >= 1 or blocked_until is null then 1
    else least(1, slowed_to * 1.5 ^ greatest(0, floor(extract(epoch from at - blocked_until) / 5)::float8)) end
$$;

-- Gives calls to one process, at most `most` and all in one slot. It is one statement, so a process that freezes or dies in the middle
-- holds up nobody. `wants`: calls that wait, by lane. `lead_ms`: how long our answer takes to be of use. `unused`: calls given before
-- that were not sent, by slot. All times are milliseconds on this server's clock; `at` replaces that clock in tests.
create function take_calls(
  me uuid, wants jsonb, most int, shares jsonb, per_second float8, lead_ms float8, unused jsonb, at timestamptz default null,
  out now_ms float8, out slot bigint, out taken jsonb, out again_ms float8, out blocked_ms float8, out part float8
) language plpgsql as $$
declare
  r rate%rowtype;
  speed float8; in_window int; burst float8; gain float8;
  earliest bigint; reach bigint; target bigint; room int := 0;
  counts int[]; had float8; back int; ahead int; place int; key text; amount int; reached float8;
begin
  -- A crash of the server may forget the last calls given: it takes longer to come back than they are good for.
  perform set_config('synchronous_commit', 'off', true);
  select * into r from rate for update;
  -- Read after the wait for the row: a moment before it could be one of the past.
  at := coalesce(at, clock_timestamp());
  now_ms := extract(epoch from at) * 1000;
  blocked_ms := extract(epoch from r.blocked_until) * 1000;
  part := rate_part(r.slowed_to, r.blocked_until, at);
  speed := per_second * part;
  gain := speed / 20;
  in_window := floor(speed * 1.1 + 1 + 1e-6);
  -- What an idle account may do at once. Unused time beyond it is not saved up.
  burst := greatest(2, speed / 10);

  earliest := floor((now_ms + lead_ms) / 50);
  reach := earliest + 1;
  -- This server's clock was set back: slots of the future must not hold everybody up until it has caught up.
  if r.slot > reach + 40 then r.slot := earliest; end if;

  for key, amount in select e.key, e.value::int from jsonb_each_text(unused) e loop
    place := 22 - (r.slot - key::bigint);
    continue when place < 1 or place > 22;
    back := least(amount, r.given[place]);
    r.given[place] := r.given[place] - back;
    r.level := r.level + back;
  end loop;

  if blocked_ms > now_ms then earliest := greatest(earliest, ceil(blocked_ms / 50)); end if;
  target := greatest(earliest, r.slot);
  loop
    ahead := least(target - r.slot, 22);
    counts := r.given[ahead + 1:22] || array_fill(0, array[ahead]);
    had := least(burst, r.level + (target - r.slot) * gain);
    room := least(floor(had + 1e-6), in_window - (select sum(c) from unnest(counts) c));
    exit when room >= 1 or target > reach + 40;
    target := target + 1;
  end loop;

  insert into rate_demand as d (holder, lane, waiting, until, tag)
  select me, w.key, w.value::int, at, r.position from jsonb_each_text(wants) w
  on conflict (holder, lane) do update set waiting = excluded.waiting;
  update rate_demand d set waiting = 0 where d.holder = me and not wants ? d.lane and d.waiting > 0;

  if room >= 1 and target <= reach then
    with flow as (
      select d.holder, d.lane, d.waiting, greatest(d.tag, r.position) as start, coalesce((shares ->> d.lane)::float8, 1) as share,
        count(*) over (partition by d.lane) as many
      from rate_demand d where d.waiting > 0 and (d.holder = me or d.until between at and at + interval '5 seconds')
    ), turn as (
      select f.holder, f.lane, f.start + k * f.many / f.share as tag, f.start + (k + 1) * f.many / f.share as next
      from flow f, generate_series(0, least(f.waiting, room) - 1) k
      order by tag, f.share desc, f.lane, f.holder limit room
    ), mine as (
      select * from turn where holder = me order by tag limit most
    ), lanes as (
      select lane, count(*)::int as calls, max(next) as next from mine group by lane
    ), moved as (
      update rate_demand d set tag = l.next, waiting = d.waiting - l.calls from lanes l where d.holder = me and d.lane = l.lane
    )
    select jsonb_object_agg(l.lane, l.calls), sum(l.calls), (select max(m.tag) from mine m)
    into taken, amount, reached from lanes l;
  end if;

  if taken is not null then
    slot := target;
    r.given := counts;
    r.given[22] := r.given[22] + amount;
    r.level := had - amount;
    r.slot := target;
    again_ms := target * 50;
    -- As far as whoever is furthest behind. With nobody left it is where the last one was served: who comes next starts there.
    select coalesce(min(greatest(d.tag, r.position)), greatest(r.position, reached)) into r.position
    from rate_demand d where d.waiting > 0 and (d.holder = me or d.until between at and at + interval '5 seconds');
  elsif room >= 1 and target <= reach then
    -- What is free is another's turn. Should that one not come, it is ours soon.
    again_ms := now_ms + 25;
  else
    again_ms := (target - 1) * 50 - lead_ms;
  end if;

  update rate set slot = r.slot, given = r.given, level = r.level, position = r.position where singleton;
  update rate_demand d set until = to_timestamp(least(greatest(again_ms, now_ms), now_ms + 4000) / 1000) + interval '150 milliseconds'
  where d.holder = me;
  delete from rate_demand d where d.until not between at - interval '10 seconds' and at + interval '10 seconds';
end
$$;

-- OTO asked for fewer calls: none for `pause_ms`, then half of what was allowed. `age_ms`: how long ago the call was sent that OTO
-- answered so. One that was sent before the last pause was over says nothing new.
create function slow_calls_down(pause_ms float8, why text, age_ms float8, at timestamptz default null) returns void
language plpgsql as $$
declare r rate%rowtype;
begin
  select * into r from rate for update;
  at := coalesce(at, clock_timestamp());
  if r.blocked_until is null or at - age_ms * interval '1 millisecond' >= r.blocked_until then
    update rate set slowed_to = greatest(1.0 / 32, rate_part(r.slowed_to, r.blocked_until, at) / 2), slowed_at = at, slowed_why = why,
      level = least(level, 0) where singleton;
  end if;
  update rate set blocked_until = greatest(blocked_until, at + pause_ms * interval '1 millisecond') where singleton;
end
$$;
