-- What the local log says of machines, put together into records so that a day can be found at once. All of it follows from the log: the
-- file may be deleted at any time, and is then made again.

-- How far the log has been taken in, and from when on.
CREATE TABLE taken (
  id           INTEGER PRIMARY KEY CHECK (id = 1),
  incarnation  TEXT    NOT NULL,
  seq          INTEGER NOT NULL,
  -- Of the event of that number: a log that went on from an older state has another one there. Null where the log has none.
  hash         TEXT,
  -- When the oldest event was captured that records stand for; null as long as there is none.
  kept_from_ms INTEGER
) STRICT;

CREATE TABLE record (
  machine TEXT    NOT NULL,
  kind    TEXT    NOT NULL CHECK (kind IN ('status', 'downtime')),
  at_ms   INTEGER NOT NULL,
  payload TEXT    NOT NULL,
  PRIMARY KEY (machine, kind, at_ms)
) STRICT;

CREATE INDEX record_by_time ON record (at_ms);
