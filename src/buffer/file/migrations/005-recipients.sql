-- For whom the events are captured that a consumer delivers, and which server took them last. What is null is not known.
CREATE TABLE recipient (
  consumer        TEXT PRIMARY KEY,
  organization    TEXT NOT NULL,
  organization_id INTEGER,
  gateway         TEXT NOT NULL,
  database        TEXT,
  -- A number of 64 bits without a sign, which no column of SQLite holds.
  system_id       TEXT,
  timeline        INTEGER,
  host            TEXT,
  hash            BLOB NOT NULL
) STRICT;

-- Of a log that was begun because the one before was damaged, until an adoption: what was found, and when.
CREATE TABLE replaced (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  damage TEXT    NOT NULL,
  at_ms  INTEGER NOT NULL,
  hash   BLOB    NOT NULL
) STRICT;
