-- Ways of authorising that happen on our pages and in the bank's app: what is asked for waits in the attempt.

ALTER TABLE flow_attempt
  DROP CONSTRAINT flow_attempt_stage_check,
  ADD CONSTRAINT flow_attempt_stage_check CHECK (stage IN (
    'beginning', 'at-bank', 'exchanging', 'asking', 'answering', 'approving', 'quarantined',
    'granted', 'failed', 'superseded')),
  -- what the user is asked or told: the bank's form, or its message about the app; never what he typed into a secret field
  ADD COLUMN sealed_prompt bytea,
  -- counts the calls to the bank: what a call brings is taken only if no later one was begun
  ADD COLUMN calls integer NOT NULL DEFAULT 0,
  -- approving: the bank is not asked again before this (business time)
  ADD COLUMN polls_at timestamptz;

DROP INDEX flow_attempt_living;
CREATE UNIQUE INDEX flow_attempt_living ON flow_attempt (merchant_id, session_id)
  WHERE stage IN ('beginning', 'at-bank', 'exchanging', 'asking', 'answering', 'approving', 'quarantined');
DROP INDEX flow_attempt_leased;
CREATE INDEX flow_attempt_leased ON flow_attempt (leased_until)
  WHERE stage IN ('beginning', 'exchanging', 'answering');
DROP INDEX flow_attempt_waiting;
CREATE INDEX flow_attempt_waiting ON flow_attempt (waits_until)
  WHERE stage IN ('at-bank', 'asking', 'approving', 'quarantined');
