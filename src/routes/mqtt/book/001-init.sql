-- How far the feed has come in this gateway's log.
CREATE TABLE stream (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  incarnation TEXT    NOT NULL,
  epoch       INTEGER NOT NULL,
  last_seq    INTEGER NOT NULL,
  last_hash   BLOB    NOT NULL
) STRICT;

-- Events that the broker refused for themselves. Released ones have landed since, or were given up.
CREATE TABLE quarantine (
  incarnation TEXT    NOT NULL,
  seq         INTEGER NOT NULL,
  event       TEXT    NOT NULL,
  subject     TEXT    NOT NULL,
  captured_ms INTEGER NOT NULL,
  reason      TEXT    NOT NULL,
  answer      TEXT,
  at_ms       INTEGER NOT NULL,
  released_ms INTEGER,
  PRIMARY KEY (incarnation, seq)
) STRICT, WITHOUT ROWID;

-- What people should learn of, besides the log.
CREATE TABLE incident (
  id     INTEGER PRIMARY KEY,
  at_ms  INTEGER NOT NULL,
  kind   TEXT    NOT NULL,
  detail TEXT    NOT NULL
) STRICT;

-- What a form of the feed has to remember over restarts.
CREATE TABLE note (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
