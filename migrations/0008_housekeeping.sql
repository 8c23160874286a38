-- What is put away beside everything else, in slices.
--
-- A run that is being removed gets an id that no request can name and that lies behind the end of every list: a `~`
-- before the one it had. Its rows then go some at a time, its own last.

-- How many runs stand in each state, without those that are being removed: counting 100,000 takes longer than an answer may.
CREATE TABLE run_count (
  state TEXT PRIMARY KEY,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO run_count (state, count) VALUES
  ('queued', 0), ('running', 0), ('paused', 0), ('succeeded', 0), ('failed', 0), ('cancelled', 0);
UPDATE run_count SET count = (SELECT count(*) FROM run WHERE run.state = run_count.state);
CREATE TRIGGER run_counted AFTER INSERT ON run BEGIN
  UPDATE run_count SET count = count + 1 WHERE state = new.state;
END;
CREATE TRIGGER run_moved AFTER UPDATE OF state ON run WHEN new.state <> old.state BEGIN
  UPDATE run_count SET count = count - 1 WHERE state = old.state;
  UPDATE run_count SET count = count + 1 WHERE state = new.state;
END;
CREATE TRIGGER run_put_away AFTER UPDATE OF id ON run WHEN new.id >= '~' AND old.id < '~' BEGIN
  UPDATE run_count SET count = count - 1 WHERE state = new.state;
END;
CREATE TRIGGER run_deleted AFTER DELETE ON run WHEN old.id < '~' BEGIN
  UPDATE run_count SET count = count - 1 WHERE state = old.state;
END;

-- Runs that are over, in the order in which they grow too old.
CREATE INDEX run_by_end ON run (finished_at, number) WHERE finished_at IS NOT NULL;
-- When the events of a run were dropped for its age, but for its states and its end.
ALTER TABLE run ADD COLUMN events_dropped_at INTEGER;
CREATE INDEX run_by_end_with_events ON run (finished_at) WHERE events_dropped_at IS NULL AND finished_at IS NOT NULL;
CREATE INDEX run_by_end_unthinned ON run (finished_at) WHERE thinned_at IS NULL AND packed_step > 0;
-- When the last run that used it was removed; NULL before that.
ALTER TABLE dataset ADD COLUMN unused_since INTEGER;

-- Where the thinning of a run's histograms stands, until it is done: the last one that was looked at, and its place among
-- those of its parameter.
CREATE TABLE thinning (
  run INTEGER PRIMARY KEY REFERENCES run (number) ON DELETE CASCADE,
  quantity TEXT NOT NULL DEFAULT '',
  layer TEXT NOT NULL DEFAULT '',
  parameter TEXT NOT NULL DEFAULT '',
  step INTEGER NOT NULL DEFAULT -1,
  place INTEGER NOT NULL DEFAULT 0
) STRICT;
