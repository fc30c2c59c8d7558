-- Up Migration

-- No statement, of whatever release and by whatever mistake, takes an operation along a way that is not in the table of steps. A row that
-- comes back to be sent again and gives way to a newer figure at once does two steps in one. After the update and with a condition: before
-- it the row would be locked once more, and a condition costs claiming and settling nothing that can be measured.
create function refuse_operation_step() returns trigger language plpgsql as $$
begin
  raise exception 'operation % cannot go from % to %', old.id, old.state, new.state using errcode = 'check_violation';
end
$$;

create trigger operation_step after update of state on operation for each row
  when (old.state is distinct from new.state and old.state || ' ' || new.state <> all (array[
    'ready sending', 'ready waiting', 'ready superseded', 'ready cancelled', 'ready refused', 'ready parked',
    'waiting ready', 'waiting superseded', 'waiting cancelled',
    'sending landed', 'sending refused', 'sending ready', 'sending unknown', 'sending superseded',
    'unknown landed', 'unknown ready', 'unknown parked', 'unknown superseded',
    'parked landed', 'parked ready', 'parked cancelled', 'parked superseded',
    'refused ready', 'refused superseded']))
  execute function refuse_operation_step();
