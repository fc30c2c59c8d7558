-- Up Migration

-- Open documents that shared a SKU with this one when OTO showed its goods: they may have been theirs.
alter table document add column alternatives bigint[] not null default '{}';
