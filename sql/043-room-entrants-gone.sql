drop table if exists room_entrants
