-- Up Migration

-- The check of each item against its plan, which the same transaction has just written, locked that row anew for every figure that differs.
-- Items still go with their plan.
alter table plan_item drop constraint plan_item_plan_id_fkey;

create function drop_plan_items() returns trigger language plpgsql set search_path from current as $$
begin
  delete from plan_item i using gone g where i.plan_id = g.id;
  return null;
end
$$;

create trigger plan_gone after delete on plan referencing old table as gone
  for each statement execute function drop_plan_items();
