-- Of the invited those alone whose invitation is still there to be cancelled. Only those not there yet: it may have
-- run before without the note that it did.
insert into room_standings (number, user_id, standing)
select e.number, e.user_id, e.standing from room_entrants e
where (e.standing = 'asked' or exists (
  select 1 from invitations i where i.number = e.number and i.user_id = e.user_id and i.state <> 'cancelled'
)) and not exists (select 1 from room_standings x where x.number = e.number and x.user_id = e.user_id)
