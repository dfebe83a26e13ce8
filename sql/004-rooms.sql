-- Every room number in use, whatever kind of room has it: the primary key keeps a number from being handed out
-- twice, the unique key a group from having two.
create table rooms (
  number varchar(12) not null primary key,
  kind varchar(16) not null,
  group_id char(36) unique,
  created_at_ms bigint not null,
  foreign key (group_id) references user_groups (id) on delete cascade
) /* table options */
