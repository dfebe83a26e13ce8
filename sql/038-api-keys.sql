-- Keys of servers that act for users, as SHA-256 in hex. Scopes are separated by blanks.
create table api_keys (
  id char(16) not null primary key,
  name varchar(128) not null,
  key_hash char(64) not null unique,
  scopes varchar(128) not null,
  created_at_ms bigint not null,
  expires_at_ms bigint,
  revoked_at_ms bigint
) /* table options */
