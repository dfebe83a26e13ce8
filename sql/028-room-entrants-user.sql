create index room_entrants_user on room_entrants (user_id)
