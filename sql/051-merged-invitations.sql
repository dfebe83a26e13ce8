-- Invitations of an earlier request that a later one with an idempotency key was answered.
create table merged_invitations (
  request_id char(36) not null,
  position integer not null,
  invitation_id char(36) not null,
  primary key (request_id, position),
  foreign key (invitation_id) references invitations (id) on delete cascade
) /* table options */
