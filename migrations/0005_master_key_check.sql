-- The master keys that this database was written with, each proved by a value that only it opens. A process whose
-- keys do not open all of them would write what others cannot read, and read nothing of theirs: it does not start.

CREATE TABLE master_key_check (
  -- the first eight bytes of the key's SHA-256, in hexadecimal digits
  key_id     text PRIMARY KEY,
  sealed     bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
