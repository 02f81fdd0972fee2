-- When the merchant first revoked the consent of a session, also where its user has given none yet, or no longer had one.
ALTER TABLE data_session ADD COLUMN consent_revoked_at timestamptz;
