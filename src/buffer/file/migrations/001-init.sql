-- 'MLRC': tells this file from any other program's SQLite file.
PRAGMA application_id = 1296847427;

-- One row. What was removed by retention is remembered by its last position, so that the chain keeps its root.
CREATE TABLE meta (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  incarnation TEXT    NOT NULL,
  epoch       INTEGER NOT NULL CHECK (epoch >= 1),
  pruned_seq  INTEGER NOT NULL CHECK (pruned_seq >= 0),
  pruned_hash BLOB    NOT NULL CHECK (length(pruned_hash) = 32)
) STRICT;

-- Monotonic times count from a boot of the machine; this names the boots.
CREATE TABLE boot (
  id      INTEGER PRIMARY KEY,
  boot_id TEXT NOT NULL UNIQUE
) STRICT;

-- AUTOINCREMENT, because a number must never come again after every row was removed.
CREATE TABLE event (
  seq            INTEGER PRIMARY KEY AUTOINCREMENT,
  payload        TEXT    NOT NULL,
  captured_at_ms INTEGER NOT NULL,
  mono_ms        REAL    NOT NULL,
  boot           INTEGER NOT NULL REFERENCES boot (id),
  hash           BLOB    NOT NULL,
  kind           TEXT    GENERATED ALWAYS AS (payload ->> 'kind') VIRTUAL
) STRICT;

CREATE TABLE state (
  owner   TEXT PRIMARY KEY,
  payload TEXT NOT NULL
) STRICT;

CREATE TABLE consumer (
  name      TEXT    PRIMARY KEY,
  acked_seq INTEGER NOT NULL CHECK (acked_seq >= 0)
) STRICT;
