-- Calls placed over trunks, for as long as limits look back.
create table outside_calls (
  id char(36) not null primary key,
  user_id char(36) not null,
  placed_at_ms bigint not null
) /* table options */
