-- Series of which every step has a value beside those with a column of their own, such as each term of a
-- loss. A step holds them packed as float64 in the order of run_series.

CREATE TABLE run_series (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

ALTER TABLE step ADD COLUMN series BLOB;
