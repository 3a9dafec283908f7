-- Starts of a gateway that falls again and again, since the last one that was recorded: they are counted, and push nothing out.
CREATE TABLE held_starts (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  times INTEGER NOT NULL,
  since_ms INTEGER NOT NULL
) STRICT;
