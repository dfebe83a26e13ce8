-- Only those not there yet: it may have run before without the note that it did.
insert into group_members (user_id, group_id, role)
select m.user_id, m.group_id, m.role from memberships m
where not exists (select 1 from group_members x where x.user_id = m.user_id and x.group_id = m.group_id)
