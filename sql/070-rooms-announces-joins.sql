-- Whether those in the room are told the name of each who joins; null is as the gateway is configured.
alter table rooms add column announces_joins smallint
