create index outside_calls_user on outside_calls (user_id, placed_at_ms)
