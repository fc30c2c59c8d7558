-- Up Migration

-- Figures that were called for more than once, or called for and then given up: few, and among them are those whose call may come late.
-- The rows of ordinary figures never enter it.
create index operation_doubted on operation (key)
  where kind = 'stock-set' and (
    (state = 'landed' and attempts > 1) or (state in ('superseded', 'parked', 'cancelled') and attempts > 0));
