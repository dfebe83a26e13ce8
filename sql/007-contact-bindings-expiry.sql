-- Finds what has expired, and what has not, without reading the table.
create index contact_bindings_expiry on contact_bindings (expires_at_ms)
