-- Transactions of a session. What is in the clear is what lists are ordered and filtered by: pseudonymous ids and
-- moments. What a transaction says is sealed, some hundreds together.

CREATE TABLE transaction_ledger (
  merchant_id     text NOT NULL,
  session_id      uuid NOT NULL,
  -- rows up to this fetch are what the merchant sees; those of a later one are being written
  published_fetch integer NOT NULL,
  -- the run that may write now; a run that was taken for dead finds another's here and stops
  fetch_token     uuid,
  PRIMARY KEY (merchant_id, session_id)
);

CREATE TABLE bank_transaction (
  merchant_id    text NOT NULL,
  session_id     uuid NOT NULL,
  -- byte order: pages go by it, whatever the database's language
  id             text COLLATE "C" NOT NULL,
  -- the fetch that wrote the row last: the feed of changes goes by it
  fetch_no       integer NOT NULL,
  first_fetch_no integer NOT NULL,
  account_id     text NOT NULL,
  at             timestamptz NOT NULL,
  pending        boolean NOT NULL,
  -- true: the bank took a pending transaction back; nothing but the id is left
  removed        boolean NOT NULL DEFAULT false,
  -- where in the chunks of its fetch it lies; nowhere once it is removed
  chunk_no       integer NOT NULL DEFAULT -1,
  position       smallint NOT NULL DEFAULT -1,
  PRIMARY KEY (merchant_id, session_id, id, fetch_no)
);

CREATE INDEX bank_transaction_newest ON bank_transaction (merchant_id, session_id, at DESC, id DESC);
-- the feed of changes goes by chunks, so that each is opened for one page only
CREATE INDEX bank_transaction_feed ON bank_transaction (merchant_id, session_id, fetch_no, chunk_no, position);
-- what a later booking may turn out to be, whichever session saw it
CREATE INDEX bank_transaction_pending ON bank_transaction (merchant_id, account_id) WHERE pending AND NOT removed;

-- What transactions say, and what the bank said of them: transactions of one account, as they came.
CREATE TABLE transaction_chunk (
  merchant_id text NOT NULL,
  session_id  uuid NOT NULL,
  fetch_no    integer NOT NULL,
  chunk_no    integer NOT NULL,
  account_id  text NOT NULL,
  sealed      bytea NOT NULL,
  PRIMARY KEY (merchant_id, session_id, fetch_no, chunk_no)
);
-- what is sealed cannot be made shorter: nothing is gained by trying
ALTER TABLE transaction_chunk ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- A booked transaction that was seen pending before keeps the id it had then, in every session.
CREATE TABLE transaction_alias (
  merchant_id text NOT NULL,
  account_id  text NOT NULL,
  booked_id   text NOT NULL,
  id          text NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, account_id, booked_id)
);
