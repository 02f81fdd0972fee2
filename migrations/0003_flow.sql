-- What the hosted flow knows besides the session: which browser holds it, and each try to connect a bank.

CREATE TABLE flow_visit (
  merchant_id           text NOT NULL,
  session_id            uuid NOT NULL,
  -- SHA-256 of the secret in the browser's cookie
  browser_hash          bytea NOT NULL,
  -- browsers that held the session before: they are told where it went
  former_browser_hashes bytea[] NOT NULL DEFAULT '{}',
  -- null: the user has yet to choose
  bank_id               text,
  -- the try that the user sees; null before the first, and after choosing anew
  attempt_id            uuid,
  created_at            timestamptz NOT NULL,
  updated_at            timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, session_id),
  FOREIGN KEY (merchant_id, session_id) REFERENCES data_session ON DELETE CASCADE
);

CREATE TABLE flow_attempt (
  merchant_id           text NOT NULL,
  id                    uuid NOT NULL,
  session_id            uuid NOT NULL,
  bank_id               text NOT NULL,
  stage                 text NOT NULL CHECK (stage IN (
                          'beginning', 'at-bank', 'exchanging', 'quarantined', 'granted', 'failed', 'superseded')),
  failure               text,
  -- SHA-256 of the callback's `state`
  state_hash            bytea NOT NULL,
  -- the browser that brought the callback, where it was not the one that holds the session
  returned_browser_hash bytea,
  -- the connector's own attempt; null once nothing is left at the bank
  sealed_attempt        bytea,
  -- the bank's page; null once the user is back
  sealed_url            bytea,
  -- an authorised consent in quarantine, or one that has yet to be revoked
  sealed_grant          bytea,
  code_tries            smallint NOT NULL DEFAULT 0,
  -- while a call to the bank runs: whoever makes it is taken for dead after this (the database's clock)
  leased_until          timestamptz,
  -- when waiting for the user ends (business time)
  waits_until           timestamptz,
  created_at            timestamptz NOT NULL,
  updated_at            timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, id),
  FOREIGN KEY (merchant_id, session_id) REFERENCES data_session ON DELETE CASCADE
);

-- at most one consent is being given for a session
CREATE UNIQUE INDEX flow_attempt_living ON flow_attempt (merchant_id, session_id)
  WHERE stage IN ('beginning', 'at-bank', 'exchanging', 'quarantined');
CREATE INDEX flow_attempt_left_over ON flow_attempt (updated_at)
  WHERE stage IN ('failed', 'superseded') AND (sealed_attempt IS NOT NULL OR sealed_grant IS NOT NULL);
CREATE INDEX flow_attempt_leased ON flow_attempt (leased_until) WHERE stage IN ('beginning', 'exchanging');
CREATE INDEX flow_attempt_waiting ON flow_attempt (waits_until) WHERE stage IN ('at-bank', 'quarantined');
