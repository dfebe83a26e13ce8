-- Who may enter a room beside its owner and its group, and until when; null is as long as the room lives.
create table room_entrants (
  number varchar(12) not null,
  user_id char(36) not null,
  standing varchar(8) not null check (standing in ('asked', 'invited')),
  until_ms bigint,
  primary key (number, user_id),
  foreign key (number) references rooms (number) on delete cascade,
  foreign key (user_id) references users (id) on delete cascade
) /* table options */
