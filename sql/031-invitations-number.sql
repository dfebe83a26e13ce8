create index invitations_number on invitations (number, created_at_ms)
