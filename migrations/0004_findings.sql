-- What the rules of the diagnosis saw in a run.

CREATE TABLE finding (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  -- Rule, layer and parameter: a finding that goes on is brought up to date.
  key TEXT NOT NULL,
  rule TEXT NOT NULL,
  severity TEXT NOT NULL,
  from_step INTEGER NOT NULL,
  -- The whole as JSON.
  data TEXT NOT NULL,
  PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;

-- Decades a layer by which gradients shrink towards the input.
ALTER TABLE run ADD COLUMN vanishing_index REAL;
CREATE INDEX run_by_vanishing_index ON run (coalesce(vanishing_index, -1e308), id);
