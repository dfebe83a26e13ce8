-- Whom it is for, while somebody is called or will be; null once it is finished.
alter table invitations add column unfinished_for varchar(64)
