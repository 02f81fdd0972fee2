-- The banks that the operator brought, and how the banks have answered lately.

-- Of the whole installation and not of one merchant: which banks can be reached hangs on the operator's licence,
-- certificate and registrations, and these are the same whoever asks.
CREATE TABLE institution (
  id           text COLLATE "C" PRIMARY KEY,
  -- the list it came from; importing that list again replaces what it brought
  source       text NOT NULL,
  name         text NOT NULL,
  -- the name as searches see it; orders banks of the same popularity
  sort_name    text COLLATE "C" NOT NULL,
  markets      text[] NOT NULL,
  currencies   text[] NOT NULL,
  bic          text,
  bank_codes   text[] NOT NULL,
  aliases      text[] NOT NULL,
  group_name   text,
  -- a row of institution_logo
  logo         text,
  url          text,
  protocol     text NOT NULL,
  profile      jsonb NOT NULL,
  test         boolean NOT NULL,
  popularity   smallint NOT NULL,
  -- null while it is offered. A bank that its list no longer has stays here, since consents given there live on.
  withdrawn_at timestamptz,
  updated_at   timestamptz NOT NULL
);

CREATE INDEX institution_source ON institution (source);

-- Pictures are kept here, so that every process can serve them and no page asks a third party for one.
CREATE TABLE institution_logo (
  -- SHA-256 of the bytes in hexadecimal, and what kind of picture it is
  name  text PRIMARY KEY,
  bytes bytea NOT NULL
);

-- One row. The version moves in the transaction that changes a bank: who has seen it knows whether anything is new.
CREATE TABLE institution_catalogue (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version  bigint NOT NULL
);
INSERT INTO institution_catalogue (version) VALUES (1);

-- Calls to a bank within a minute of the database's clock, of all processes together. Nothing of a user, a session or
-- a merchant.
CREATE TABLE institution_health (
  bank_id  text NOT NULL,
  minute   timestamptz NOT NULL,
  calls    integer NOT NULL,
  failures integer NOT NULL,
  total_ms bigint NOT NULL,
  PRIMARY KEY (bank_id, minute)
);
CREATE INDEX institution_health_minute ON institution_health (minute);
