-- Random secrets every gateway on this database shares, in hex.
create table secrets (
  name varchar(64) not null primary key,
  value varchar(128) not null,
  created_at_ms bigint not null
) /* table options */
