create index temporary_rooms_expiry on temporary_rooms (expires_at_ms)
