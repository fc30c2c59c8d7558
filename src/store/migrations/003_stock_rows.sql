-- Up Migration

-- Whether some key has several staged rows: lots, bins, several ERP codes of one location. Where none has, nothing is summed.
alter table snapshot add column lots boolean not null default true;

-- Where a row stood in the read, for the sources whose duplicates are told apart; null for all others, whose rows are summed.
alter table stock_row add column seq bigint, add column file text, add column line int;

-- Rows with a quantity that is not whole, while the read goes on: whether their sum is whole is known at its end only.
create table stock_part (
  snapshot_id bigint not null references snapshot on delete cascade,
  sku text not null,
  location text not null,
  erp_location text not null,
  quantity numeric not null,
  key text not null,
  file text,
  line int,
  written text not null,
  reason text not null
);
create index on stock_part (snapshot_id);
