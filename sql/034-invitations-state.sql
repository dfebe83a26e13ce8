create index invitations_state on invitations (state, updated_at_ms)
