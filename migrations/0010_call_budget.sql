-- Unattended reads under a consent, counted before they are made: one row per kind of read (and account) and day of
-- the bank. All processes count here, so that together they never make one more than the bank grants.

CREATE TABLE consent_call (
  merchant_id text NOT NULL,
  consent_id  uuid NOT NULL,
  -- `accounts`, or `balances/<account id>`
  scope       text NOT NULL,
  -- the bank's date
  day         date NOT NULL,
  calls       smallint NOT NULL,
  PRIMARY KEY (merchant_id, consent_id, day, scope)
);

CREATE INDEX consent_call_age ON consent_call (day);
