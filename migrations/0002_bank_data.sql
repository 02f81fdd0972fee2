-- A consent that a user gave at a bank, and what was read under it.

CREATE TABLE bank_consent (
  merchant_id        text NOT NULL,
  id                 uuid NOT NULL,
  session_id         uuid NOT NULL,
  environment        text NOT NULL,
  bank_id            text NOT NULL,
  permissions        text[] NOT NULL,
  access             text NOT NULL CHECK (access IN ('once', 'ongoing')),
  status             text NOT NULL CHECK (status IN ('authorised', 'expired', 'revoked', 'failed')),
  -- the connector's tokens and ids; null once the consent has ended
  sealed_credentials bytea,
  -- the user's address and browser, valid for the first fetch and 15 minutes, then erased
  sealed_psu         bytea,
  psu_until          timestamptz,
  expires_at         timestamptz,
  created_at         timestamptz NOT NULL,
  updated_at         timestamptz NOT NULL,
  revoked_at         timestamptz,
  -- when it was first asked to end; the bank may have to be told several times
  ending_since       timestamptz,
  PRIMARY KEY (merchant_id, id)
);

-- at most one consent a session
CREATE UNIQUE INDEX bank_consent_session ON bank_consent (merchant_id, session_id);
CREATE INDEX bank_consent_ending ON bank_consent (ending_since) WHERE status = 'authorised';
CREATE INDEX bank_consent_expiry ON bank_consent (expires_at) WHERE status = 'authorised';
CREATE INDEX bank_consent_psu ON bank_consent (psu_until) WHERE sealed_psu IS NOT NULL;

CREATE TABLE bank_data (
  merchant_id        text NOT NULL,
  session_id         uuid NOT NULL,
  normaliser_version integer NOT NULL,
  -- what the merchant reads, in the seed's words
  sealed_data        bytea NOT NULL,
  -- the bank's own objects, so that a mapping fault can be mended without asking the bank again
  sealed_raw         bytea NOT NULL,
  fetched_at         timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, session_id)
);
