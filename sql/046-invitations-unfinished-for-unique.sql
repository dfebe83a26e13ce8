create unique index invitations_unfinished_for on invitations (unfinished_for, number)
