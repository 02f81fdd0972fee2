-- A deleted session stays as a shell: what was read for it, its customer and its metadata are gone.
ALTER TABLE data_session ADD COLUMN deleted_at timestamptz;

-- Sessions are listed newest first, and of one customer so too.
CREATE INDEX data_session_customer ON data_session (merchant_id, customer_id, id) WHERE customer_id IS NOT NULL;
