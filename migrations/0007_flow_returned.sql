-- A browser that came back from a bank in place of the session's holder is told what became of its login, also
-- after the holder has begun anew; and attempts go with their session without a scan.
CREATE INDEX flow_attempt_session ON flow_attempt (merchant_id, session_id);
