-- The outside line a user is called on when none of their devices is answered, in E.164.
alter table users add column telephone varchar(16)
