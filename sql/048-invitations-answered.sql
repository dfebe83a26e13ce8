-- When a phone was answered last.
alter table invitations add column answered_at_ms bigint
