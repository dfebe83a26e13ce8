-- When the invitee is called next, where that is not at once.
alter table invitations add column next_try_at_ms bigint
