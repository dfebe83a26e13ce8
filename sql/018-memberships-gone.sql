drop table if exists memberships
