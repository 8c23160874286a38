-- Sweeps: runs that differ in some places of one request, and were queued together.

CREATE TABLE sweep (
  id TEXT PRIMARY KEY,
  name TEXT,
  -- What the client asked for, as JSON.
  request TEXT NOT NULL,
  -- The series by which its runs are compared, and which way that gets better.
  goal TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('minimize', 'maximize')),
  project TEXT NOT NULL,
  key TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sweep_by_project ON sweep (project, id);

CREATE TABLE sweep_run (
  sweep TEXT NOT NULL,
  -- From 0, in the order in which they were queued.
  position INTEGER NOT NULL,
  run TEXT NOT NULL,
  -- What is different in this one: JSON pointers and values.
  parameters TEXT NOT NULL,
  PRIMARY KEY (sweep, position)
) STRICT, WITHOUT ROWID;
