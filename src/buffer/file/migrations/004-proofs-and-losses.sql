-- What no chain covers gets a hash in each row, so that nothing that a damaged disk changed is gone on with. `proof` is a function
-- of this program (`proof.ts`), known to the connection on which this runs.
CREATE TABLE proven_state (
  owner   TEXT PRIMARY KEY,
  payload TEXT NOT NULL,
  hash    BLOB NOT NULL
) STRICT;
INSERT INTO proven_state (owner, payload, hash) SELECT owner, payload, proof(owner, payload) FROM state;
DROP TABLE state;
ALTER TABLE proven_state RENAME TO state;

ALTER TABLE meta ADD COLUMN hash BLOB;
UPDATE meta SET hash = proof(incarnation, epoch, pruned_seq, pruned_hash);

ALTER TABLE consumer ADD COLUMN hash BLOB;
UPDATE consumer SET hash = proof(name, acked_seq, missed);

ALTER TABLE left_out ADD COLUMN hash BLOB;
UPDATE left_out SET hash = proof(consumer, seq);

-- After so much running of the gateway the log had come so far: how old events are is told by these, and not by a wall clock, which
-- may be a month ahead for a few seconds.
CREATE TABLE age_mark (
  running_ms INTEGER PRIMARY KEY,
  seq        INTEGER NOT NULL,
  hash       BLOB    NOT NULL
) STRICT;

-- Stretches of events that a damaged log lost when this one replaced it, by the numbers that they had there. Central is told of each once.
CREATE TABLE loss (
  id          INTEGER PRIMARY KEY,
  -- Of the damaged log; null where its name could not be read either.
  incarnation TEXT,
  first_seq   INTEGER NOT NULL CHECK (first_seq >= 1),
  last_seq    INTEGER NOT NULL CHECK (last_seq >= first_seq),
  damage      TEXT    NOT NULL,
  at_ms       INTEGER NOT NULL,
  told        INTEGER NOT NULL DEFAULT 0
) STRICT;
