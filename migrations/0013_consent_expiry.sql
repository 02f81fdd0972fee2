-- Which notice of its end a consent had last: that of 14, 7 or 1 days before.
ALTER TABLE bank_consent ADD COLUMN expiry_told smallint;
