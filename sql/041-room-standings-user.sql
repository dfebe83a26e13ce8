create index room_standings_user on room_standings (user_id)
