-- How many of the tries ended with the end of a gateway.
alter table invitations add column interruptions integer not null default 0
