create index rooms_free_at on rooms (free_at_ms)
