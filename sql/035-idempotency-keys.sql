-- What a voice request was answered, for a day, so that asking it again changes nothing.
create table idempotency_keys (
  asker_id char(36) not null,
  idempotency_key varchar(128) not null,
  digest char(64) not null,
  request_id char(36) not null,
  number varchar(12) not null,
  created_at_ms bigint not null,
  primary key (asker_id, idempotency_key),
  foreign key (asker_id) references users (id) on delete cascade,
  foreign key (number) references rooms (number) on delete cascade
) /* table options */
