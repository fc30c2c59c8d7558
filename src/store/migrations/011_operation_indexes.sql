-- Up Migration

-- Every step of an operation writes its row anew, with an entry in each index that holds it: half of what the database did for one.
-- While a call is under way, only its own id and the place of its key are kept up. Key first: kinds hardly tell operations apart.
drop index operation_unsent;
drop index operation_in_flight;
drop index operation_open;
drop index operation_run_id_idx;
drop index operation_kind_key_idx;
-- Level, not edge: at most one unsent and one in flight for a key, so that the newest figure wins and two calls never race.
create unique index operation_unsent on operation (key, kind) where state in ('ready', 'waiting');
create unique index operation_in_flight on operation (key, kind) where state in ('sending', 'unknown');
-- All others of a key. Who asks for operations of a key in any state asks these three.
create index operation_past on operation (key) where state not in ('ready', 'waiting', 'sending', 'unknown');
-- Who asks for all operations of a run finds those that are in flight by the index above.
create index operation_run on operation (run_id) where state not in ('sending', 'unknown');
-- What waits for something or somebody is little, and is looked for all the time.
create index operation_stuck on operation (state) where state in ('waiting', 'unknown', 'parked');

-- The id alone is asked for by nobody: one index instead of two.
alter table operation_event drop constraint operation_event_pkey;
drop index operation_event_operation_id_idx;
alter table operation_event add primary key (operation_id, id);
