-- Splits: which examples of a dataset train, validate and are for the test.

CREATE TABLE split (
  id TEXT PRIMARY KEY,
  name TEXT,
  dataset TEXT NOT NULL,
  -- What makes it of the dataset, as JSON: the parts themselves lie in the dataset's folder, and are made anew where they don't.
  recipe TEXT NOT NULL,
  -- How many examples each part has, as a JSON array.
  counts TEXT NOT NULL,
  -- Of the file of parts: a byte an example.
  size_bytes INTEGER NOT NULL,
  project TEXT NOT NULL,
  key TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX split_by_project ON split (project, id);
CREATE INDEX split_by_dataset ON split (dataset);
