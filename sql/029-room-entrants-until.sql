create index room_entrants_until on room_entrants (until_ms)
