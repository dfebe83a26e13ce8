-- Whom somebody asked into a room, a user or a telephone number, and what became of it.
create table invitations (
  id char(36) not null primary key,
  request_id char(36) not null,
  position integer not null,
  number varchar(12) not null,
  inviter_id char(36) not null,
  user_id char(36),
  tel varchar(32),
  state varchar(16) not null,
  tries integer not null,
  cause varchar(255),
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  foreign key (number) references rooms (number) on delete cascade,
  foreign key (inviter_id) references users (id) on delete cascade,
  foreign key (user_id) references users (id) on delete cascade
) /* table options */
