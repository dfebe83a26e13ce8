create index idempotency_keys_age on idempotency_keys (created_at_ms)
