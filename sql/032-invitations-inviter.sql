create index invitations_inviter on invitations (inviter_id)
