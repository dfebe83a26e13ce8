-- Temporary rooms that live: the unique key keeps a team from having two. `seen_at_ms` is when someone was last
-- known to be in the room, or asked for it.
create table temporary_rooms (
  number varchar(12) not null primary key,
  team varchar(128) not null unique,
  seen_at_ms bigint not null,
  expires_at_ms bigint not null,
  foreign key (number) references rooms (number) on delete cascade
) /* table options */
