-- People's own rooms: the unique key keeps a person from having two. The owner is removed with care for the number.
create table exclusive_rooms (
  number varchar(12) not null primary key,
  owner_id char(36) not null unique,
  foreign key (number) references rooms (number) on delete cascade,
  foreign key (owner_id) references users (id)
) /* table options */
