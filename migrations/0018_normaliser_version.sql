-- By which rules the transactions of a chunk were made from what the bank sent. Those that are there were made by some
-- older ones; the default stays for processes of an older release, which do not name theirs.
ALTER TABLE transaction_chunk ADD COLUMN normaliser_version integer NOT NULL DEFAULT 1;

-- Since when the bank is read under the token. Null where nobody reads, or where what is there is mapped again.
ALTER TABLE transaction_ledger ADD COLUMN fetch_begun_at timestamptz;
UPDATE transaction_ledger SET fetch_begun_at = now() WHERE fetch_token IS NOT NULL;
