-- When the number of a room that ended (kind 'quarantined') may be handed out again.
alter table rooms add column free_at_ms bigint
