-- Who changed what, and who tried to. `is_known` is 0 where nobody had been let in: such entries have room of their own, so that
-- whoever knocks without end pushes out nobody else's.
CREATE TABLE entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  is_known INTEGER NOT NULL,
  who TEXT,
  origin TEXT NOT NULL,
  what TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  status INTEGER NOT NULL
) STRICT;

CREATE INDEX entry_by_kind ON entry (is_known, id);
CREATE INDEX entry_by_who ON entry (who, id);
