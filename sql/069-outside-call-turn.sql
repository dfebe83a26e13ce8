-- Only where it is not there yet: it may have run before without the note that it did.
insert into outside_call_turns (id, taken_at_ms)
select one.id, 0 from (select 1 as id) one
where not exists (select 1 from outside_call_turns x where x.id = 1)
