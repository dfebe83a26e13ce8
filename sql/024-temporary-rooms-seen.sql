create index temporary_rooms_seen on temporary_rooms (seen_at_ms)
