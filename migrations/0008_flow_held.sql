-- A way back from a bank that belongs to nothing leads its browser to the session that it used last.
CREATE INDEX flow_visit_browser ON flow_visit (browser_hash, updated_at DESC);
