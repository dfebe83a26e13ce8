-- Where users can be reached now, as their phones registered it (RFC 3261 section 10).
create table contact_bindings (
  user_id char(36) not null,
  contact_uri varchar(512) not null,
  call_id varchar(255) not null,
  cseq bigint not null,
  transport varchar(8) not null,
  source_address varchar(45) not null,
  source_port integer not null,
  user_agent varchar(255) not null,
  registered_at_ms bigint not null,
  expires_at_ms bigint not null,
  primary key (user_id, contact_uri),
  foreign key (user_id) references users (id) on delete cascade
) /* table options */
