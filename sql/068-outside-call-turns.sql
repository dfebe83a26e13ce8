-- One row, written by whoever counts outside calls: so they take turns.
create table outside_call_turns (
  id smallint not null primary key,
  taken_at_ms bigint not null
) /* table options */
