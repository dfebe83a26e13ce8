-- How many of the tries ended with the wish to be called later.
alter table invitations add column snoozes integer not null default 0
