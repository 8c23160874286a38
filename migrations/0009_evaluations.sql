-- What stands behind the figures of evaluations: confusion matrices and curves, as JSON. Of each part of a run's data and
-- each term of its loss there are the newest evaluation and the best one, which may be the same row.
CREATE TABLE evaluation (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  part TEXT NOT NULL,
  term TEXT NOT NULL DEFAULT '',
  step INTEGER NOT NULL,
  is_best INTEGER NOT NULL DEFAULT 0,
  data TEXT NOT NULL,
  PRIMARY KEY (run, part, term, step)
) STRICT, WITHOUT ROWID;
