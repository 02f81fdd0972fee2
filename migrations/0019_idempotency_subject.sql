-- Whose answer it is: what a session's requests were answered is erased with the session.
ALTER TABLE idempotency_key ADD COLUMN subject uuid;

CREATE INDEX idempotency_key_subject ON idempotency_key (merchant_id, subject) WHERE subject IS NOT NULL;
