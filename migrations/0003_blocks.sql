-- Steps that have become many lie in compressed columns: a row a stream, level and stretch of steps. Level 0 has every
-- point, level 1 the least and the largest of each 32 steps, level 2 of each 1,024.

CREATE TABLE block (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  -- Which series, or which parameter's gradients or updates.
  stream INTEGER NOT NULL,
  level INTEGER NOT NULL,
  first_step INTEGER NOT NULL,
  last_step INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (run, stream, level, first_step)
) STRICT, WITHOUT ROWID;

-- Up to which step all steps lie in blocks; those after it are rows of `step`.
ALTER TABLE run ADD COLUMN packed_step INTEGER NOT NULL DEFAULT 0;
-- When level 0 was dropped for the run's age.
ALTER TABLE run ADD COLUMN thinned_at INTEGER;

-- 8 bytes a parameter: the norms of its weights and of its update as float32.
ALTER TABLE step ADD COLUMN updates BLOB;
-- Only where a gradient has elements that aren't finite: position, NaN, +∞ and -∞ as uint32 each.
ALTER TABLE step ADD COLUMN nonfinite BLOB;
