-- Tokens and softphone credentials issued before this time are refused.
alter table users add column revoked_before_ms bigint not null default 0
