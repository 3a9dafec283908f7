-- An owner begins with its kind, so that no code of a plant (a machine '#alive') can be taken for a record of the gateway.
-- Copied into a new table, because renaming in place could meet a name that is still to be renamed.
CREATE TABLE owned_state (
  owner   TEXT PRIMARY KEY,
  payload TEXT NOT NULL
) STRICT;
INSERT INTO owned_state (owner, payload)
  SELECT CASE owner WHEN '#alive' THEN 'gateway:alive' ELSE 'machine:' || owner END, payload FROM state;
DROP TABLE state;
ALTER TABLE owned_state RENAME TO state;

-- How many events were removed before a best-effort consumer had read them.
ALTER TABLE consumer ADD COLUMN missed INTEGER NOT NULL DEFAULT 0 CHECK (missed >= 0);

-- Events that `buffer adopt` left out for one consumer while another one still needs them.
CREATE TABLE left_out (
  consumer TEXT    NOT NULL,
  seq      INTEGER NOT NULL,
  PRIMARY KEY (consumer, seq)
) STRICT, WITHOUT ROWID;
