-- Every table of merchant data has merchant_id first in its key, so that the schema can be distributed by it.

CREATE TABLE merchant (
  id               text PRIMARY KEY,
  name             text NOT NULL,
  country          text NOT NULL,
  accent_color     text,
  settings         jsonb NOT NULL,
  -- HMAC key of account and transaction ids; re-wrapped when the master key rotates, never replaced
  sealed_id_secret bytea NOT NULL,
  created_at       timestamptz NOT NULL
);

CREATE TABLE api_key (
  merchant_id  text NOT NULL REFERENCES merchant,
  app_id       text NOT NULL,
  environment  text NOT NULL CHECK (environment IN ('sandbox', 'live')),
  name         text NOT NULL,
  secret_hash  bytea NOT NULL,
  created_at   timestamptz NOT NULL,
  last_used_at timestamptz,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  PRIMARY KEY (merchant_id, app_id)
);

CREATE TABLE customer (
  merchant_id  text NOT NULL REFERENCES merchant,
  id           uuid NOT NULL,
  environment  text NOT NULL,
  email_hash   bytea,
  sealed_email bytea,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, id)
);

CREATE UNIQUE INDEX customer_email ON customer (merchant_id, environment, email_hash);

CREATE TABLE idempotency_key (
  merchant_id   text NOT NULL,
  environment   text NOT NULL,
  key_hash      bytea NOT NULL,
  fingerprint   bytea NOT NULL,
  -- null while the request runs, which it may until leased_until (the database's clock)
  status        smallint,
  sealed_answer bytea,
  leased_until  timestamptz,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, environment, key_hash)
);

CREATE INDEX idempotency_key_age ON idempotency_key (created_at);

CREATE TABLE data_session (
  merchant_id            text NOT NULL,
  id                     uuid NOT NULL,
  environment            text NOT NULL,
  form                   text NOT NULL CHECK (form IN ('seed', 'v3')),
  reference_id           text NOT NULL,
  permissions            text[] NOT NULL,
  return_url             text NOT NULL,
  error_url              text,
  market                 text,
  customer_id            uuid,
  sealed_customer        bytea,
  locale                 text,
  theme_variant          text,
  prefill_bank_id        text,
  disable_bank_selection boolean NOT NULL,
  display_id             text,
  -- json, not jsonb: it comes back as it was sent, in its order
  metadata               json,
  status                 text NOT NULL CHECK (status IN ('started', 'pending', 'complete', 'failed')),
  failure_code           text,
  flow_token_hash        bytea NOT NULL,
  created_at             timestamptz NOT NULL,
  updated_at             timestamptz NOT NULL,
  expires_at             timestamptz NOT NULL,
  bank_opened_at         timestamptz,
  PRIMARY KEY (merchant_id, id)
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX data_session_reference ON data_session (merchant_id, environment, reference_id);
CREATE INDEX data_session_unfinished ON data_session (expires_at) WHERE status IN ('started', 'pending');

CREATE TABLE worker_pool (
  id      text PRIMARY KEY,
  seen_at timestamptz NOT NULL DEFAULT now()
);
