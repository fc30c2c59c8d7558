/** What is deleted of packing, each statement a batch. The days come first, the size of the batch last. */

export const packing = `
  delete from packing_order where order_id in (
    select p.order_id from packing_order p
    where p.state in ('left', 'packed') and p.last_seen < now() - $1 * interval '1 day'
      and coalesce(p.done_at, p.last_seen) < now() - $1 * interval '1 day'
      and not exists (select from operation o where o.order_id = p.order_id and o.state in ('ready', 'waiting', 'sending', 'unknown', 'parked', 'refused'))
    limit $2)`;

/** What was done with orders that are gone, or tried with orders that there never were. */
export const actions = `
  delete from station_action where id in (
    select a.id from station_action a where a.received_at < now() - $1 * interval '1 day'
      and not exists (select from packing_order p where p.order_id = a.order_id) limit $2)`;

/** Changes that another one of the same order has followed: whoever watches needs the last one only. */
export const changes = `
  delete from station_change where version in (
    select c.version from station_change c where c.at < now() - interval '1 hour'
      and (exists (select from station_change n where n.order_id = c.order_id and n.version > c.version)
        or not exists (select from packing_order p where p.order_id = c.order_id)) limit $1)`;
