-- whether a rejection note hides something of a series, before its prepared metadata is given out
create index instance_rejected on archive.instance (series_id) where rejection <> '';
