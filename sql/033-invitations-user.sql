create index invitations_user on invitations (user_id)
