-- Who may manage users, groups and numbers.
alter table users add column admin smallint not null default 0
