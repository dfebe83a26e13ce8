-- Voice servers and when they last said that they are there.
create table voice_servers (
  id varchar(64) not null primary key,
  url varchar(255) not null,
  heartbeat_at_ms bigint not null,
  draining smallint not null
) /* table options */
