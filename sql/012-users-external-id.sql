-- What the host application calls the user.
alter table users add column external_id varchar(128)
