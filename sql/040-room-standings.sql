-- Who may enter a room beside its owner and its group, for as long as the room lives. Takes the place of
-- room_entrants, whose time no longer limits anybody: neither database drops an indexed column in the other's words.
create table room_standings (
  number varchar(12) not null,
  user_id char(36) not null,
  standing varchar(8) not null check (standing in ('asked', 'invited')),
  primary key (number, user_id),
  foreign key (number) references rooms (number) on delete cascade,
  foreign key (user_id) references users (id) on delete cascade
) /* table options */
