-- The last refresh of a session of ongoing access.

CREATE TABLE session_refresh (
  merchant_id  text NOT NULL,
  session_id   uuid NOT NULL,
  -- names the run: a job that was taken for dead finds another one here
  id           uuid NOT NULL,
  status       text NOT NULL CHECK (status IN ('running', 'complete', 'failed')),
  failure_code text,
  -- when the bank may take it again, where that is known
  retry_at     timestamptz,
  -- the user's address and browser, where he is there; erased when the refresh ends
  sealed_psu   bytea,
  started_at   timestamptz NOT NULL,
  finished_at  timestamptz,
  PRIMARY KEY (merchant_id, session_id)
);

CREATE INDEX session_refresh_running ON session_refresh (started_at) WHERE status = 'running';
