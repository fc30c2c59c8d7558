-- Up Migration

-- When the stock figure that OTO shows was last known to be without the goods of this line: only then may the document be sent
-- whose goods the ERP's figure may contain.
alter table document_line add column taken_off_at timestamptz;
-- What OTO showed before the document was sent, or what we set since: goods have arrived only where it shows more.
alter table document_line add column on_hand_before bigint;
