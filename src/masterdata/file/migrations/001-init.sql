-- A copy of what central holds, so that stations work without the network. All of it can be read again from there.

-- Whose copy it is, by name, one a line, and the salt of the badges.
CREATE TABLE about (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  whose TEXT NOT NULL,
  salt BLOB NOT NULL
) STRICT;

-- When each kind of reference data was last read as a whole, ms since 1970.
CREATE TABLE reading (
  kind TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL
) STRICT;

-- The users who may work in this plant. `badge`: a salted, slow hash in hex.
CREATE TABLE holder (
  id INTEGER PRIMARY KEY,
  badge TEXT NOT NULL
) STRICT;
CREATE INDEX holder_by_badge ON holder (badge);

-- One row for each code of a row of central. A label may stand for a row of any table, so the number alone says too little.
CREATE TABLE code (
  place TEXT NOT NULL,
  col TEXT NOT NULL,
  code TEXT NOT NULL,
  id INTEGER NOT NULL,
  type TEXT NOT NULL,
  main_code TEXT,
  state TEXT,
  PRIMARY KEY (place, col, code, id, type)
) STRICT, WITHOUT ROWID;

-- What is read as a whole and is small: shifts and machines, as JSON.
CREATE TABLE list (
  kind TEXT PRIMARY KEY,
  rows TEXT NOT NULL
) STRICT;
