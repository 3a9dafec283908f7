-- Maps as they are recorded, each once.
CREATE TABLE map (
  hash BLOB PRIMARY KEY,
  body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What a machine's derivation remembered at a moment, from which what follows can be replayed.
CREATE TABLE segment (
  id INTEGER PRIMARY KEY,
  version INTEGER NOT NULL,
  machine TEXT NOT NULL,
  boot TEXT NOT NULL,
  began_wall_ms REAL NOT NULL,
  began_mono_ms REAL NOT NULL,
  map BLOB NOT NULL REFERENCES map (hash),
  snapshot BLOB NOT NULL
) STRICT;
CREATE INDEX segment_machine ON segment (machine, id);
CREATE INDEX segment_map ON segment (map);

-- What moved it from there on, in pieces: every ten seconds one. They are put together by and by.
CREATE TABLE chunk (
  segment INTEGER NOT NULL REFERENCES segment (id) ON DELETE CASCADE,
  nth INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (segment, nth)
) STRICT, WITHOUT ROWID;
