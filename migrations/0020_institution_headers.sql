-- A bank's API key (`headers` of its profile) is sealed like every other secret. What is in `profile` still is sealed by
-- the worker, and by the next import of its list.
ALTER TABLE institution ADD COLUMN sealed_headers bytea;
