-- Since when the host application has removed the user.
alter table users add column disabled_at_ms bigint
