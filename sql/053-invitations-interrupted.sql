-- Nobody takes these up any more: they were begun before invitations outlived their gateway.
update invitations set state = 'failed', cause = 'interrupted' where state in ('queued', 'ringing')
