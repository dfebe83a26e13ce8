-- When the PIN was set, or a little later: larger with every PIN of the room.
alter table rooms add column pin_version bigint
