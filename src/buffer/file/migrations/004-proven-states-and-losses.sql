-- Each saved state gets a hash, so that one that a damaged disk changed is never gone on with. `state_hash` is a function of this
-- program (`saved-state.ts`), known to the connection on which this runs.
CREATE TABLE proven_state (
  owner   TEXT PRIMARY KEY,
  payload TEXT NOT NULL,
  hash    BLOB NOT NULL
) STRICT;
INSERT INTO proven_state (owner, payload, hash) SELECT owner, payload, state_hash(owner, payload) FROM state;
DROP TABLE state;
ALTER TABLE proven_state RENAME TO state;

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
