-- What the host application calls the group.
alter table user_groups add column external_id varchar(128)
