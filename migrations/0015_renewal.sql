-- The session whose consent this one's takes the place of, once it is given.
ALTER TABLE data_session ADD COLUMN renew_of uuid;
