create unique index user_groups_external_id on user_groups (external_id)
