-- Up Migration

-- For each key of a document that OTO has and its staff have not processed: what OTO would show had nothing moved it since `since`
-- but figures that we set and documents that are known to be processed. What it shows above that has arrived, but for what customers'
-- orders moved. It does not ask the ERP, whose figure moves for reasons of its own.
create table receipt_base (
  location text not null,
  sku text not null,
  on_hand bigint not null,
  since timestamptz not null,
  primary key (location, sku)
);

insert into receipt_base (location, sku, on_hand, since)
select d.location, l.sku, max(l.on_hand_before), min(coalesce(d.sent_at, d.seen_at))
from document d join document_line l on l.document_id = d.id
where d.kind = 'purchase' and d.state in ('sending', 'pending') and l.on_hand_before is not null
group by d.location, l.sku;

alter table document_line drop column on_hand_before;
