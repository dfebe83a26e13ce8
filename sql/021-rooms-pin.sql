-- Lets guests in: a scrypt hash.
alter table rooms add column pin_hash varchar(255)
