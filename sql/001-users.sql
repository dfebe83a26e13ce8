-- People. Names compare exactly: the table options choose a binary collation where the database has to be told.
create table users (
  id char(36) not null primary key,
  name varchar(64) not null unique,
  display_name varchar(128) not null,
  password_hash varchar(255),
  created_at_ms bigint not null
) /* table options */
