create index idempotency_keys_number on idempotency_keys (number)
