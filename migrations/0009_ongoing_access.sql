-- How long a session may be read, and from which day on its transactions are.

ALTER TABLE data_session
  ADD COLUMN access            text NOT NULL DEFAULT 'once' CHECK (access IN ('once', 'ongoing')),
  -- null: as long as the bank gives
  ADD COLUMN access_days       integer,
  -- ISO date, as it was sent; null: the days that every bank gives
  ADD COLUMN transactions_from text;
