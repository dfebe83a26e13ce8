-- Groups of people; `groups` alone is a reserved word in MySQL.
create table user_groups (
  id char(36) not null primary key,
  name varchar(64) not null unique,
  title varchar(128) not null,
  created_at_ms bigint not null
) /* table options */
