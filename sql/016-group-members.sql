-- Who is in which group, listeners among them. Takes the place of memberships, whose check neither database can
-- change in a way the other knows. The primary key finds a user's groups, the unique key a group's members.
create table group_members (
  user_id char(36) not null,
  group_id char(36) not null,
  role varchar(16) not null check (role in ('moderator', 'member', 'listener')),
  primary key (user_id, group_id),
  unique (group_id, user_id),
  foreign key (user_id) references users (id) on delete cascade,
  foreign key (group_id) references user_groups (id) on delete cascade
) /* table options */
