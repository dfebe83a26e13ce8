create index outside_calls_placed on outside_calls (placed_at_ms)
