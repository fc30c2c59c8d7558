-- Up Migration

-- Milliseconds between the reading of OTO's figure that a stock figure was compared with and the moment at which it was sent.
alter table operation add column window_ms int;
-- What somebody else had made of OTO's figure since it was read for the plan, in words; null where nobody had.
alter table operation add column moved text;
