-- One trail of the whole gateway. Each record has a SHA-256 over itself and the one before it in its chain. Calls of whoever was
-- not let in have a chain of their own: it is cut earlier, so that whoever knocks without end pushes out nobody else's records.
CREATE TABLE chain (
  name TEXT PRIMARY KEY,
  -- What the first record is chained to: another one in each file.
  genesis TEXT NOT NULL,
  -- The last record.
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;

INSERT INTO chain (name, genesis, seq, hash) VALUES ('gateway', lower(hex(randomblob(32))), 0, '');
INSERT INTO chain (name, genesis, seq, hash) VALUES ('strangers', lower(hex(randomblob(32))), 0, '');
UPDATE chain SET hash = genesis;

CREATE TABLE record (
  -- The place among the records of both chains.
  id INTEGER PRIMARY KEY,
  chain TEXT NOT NULL REFERENCES chain (name),
  seq INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  event TEXT NOT NULL,
  who TEXT,
  origin TEXT NOT NULL,
  what TEXT NOT NULL,
  -- What it is about where that has a state, such as a map and its version.
  subject TEXT,
  state TEXT,
  details TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (chain, seq)
) STRICT;

CREATE INDEX record_by_who ON record (who, id);
CREATE INDEX record_by_subject ON record (subject, id) WHERE subject IS NOT NULL;
