-- The first schema. Times are milliseconds since 1970 in UTC; ids are the public ones with their prefix.

CREATE TABLE dataset (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  -- The folder below datasets/ that holds its files: a digest of the bytes and the options.
  content TEXT NOT NULL,
  -- What the importer found, as JSON.
  description TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dataset_by_content ON dataset (content);

CREATE TABLE model (
  id TEXT PRIMARY KEY,
  name TEXT,
  -- The spec with every default written out, as JSON.
  spec TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE run (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled')),
  state_reason TEXT,
  -- Grows with every claim. A worker's writes name it, so that one given up for dead can't write.
  attempt INTEGER NOT NULL DEFAULT 0,
  priority INTEGER NOT NULL DEFAULT 0,
  -- The model's id when it was given by id.
  model TEXT,
  -- The request as it is carried out, as JSON: the model inline, every default as it stood.
  request TEXT NOT NULL,
  -- What was known of the training data, as JSON: predictions need its scaling and classes, also when
  -- the dataset is gone.
  data TEXT NOT NULL,
  tags TEXT NOT NULL DEFAULT '{}',
  epoch INTEGER NOT NULL DEFAULT 0,
  step INTEGER NOT NULL DEFAULT 0,
  total_steps INTEGER,
  examples_per_second REAL,
  elapsed_seconds REAL NOT NULL DEFAULT 0,
  eta_seconds REAL,
  -- Newest value of each series, as a JSON object.
  metrics TEXT NOT NULL DEFAULT '{}',
  best TEXT,
  -- The problem of a failed run, as JSON.
  error TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER
) STRICT;
CREATE INDEX run_queue ON run (priority DESC, number) WHERE state = 'queued';
CREATE INDEX run_by_state ON run (state, number);

CREATE TABLE run_dataset (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('train', 'validation', 'test')),
  dataset TEXT NOT NULL,
  PRIMARY KEY (run, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_dataset_by_dataset ON run_dataset (dataset);

-- What every step leaves: its loss, its rate, and its gradients packed, 16 bytes a parameter in the
-- order of run_parameter: l2, max_abs, mean as float32 and the count of what isn't finite as uint32.
CREATE TABLE step (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  seconds REAL NOT NULL,
  loss REAL,
  learning_rate REAL,
  gradient_norm REAL,
  gradients BLOB,
  clipped BLOB,
  PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_parameter (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  layer TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

-- Series with a point now and then: validation_loss, train_accuracy, ….
CREATE TABLE point (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  series TEXT NOT NULL,
  step INTEGER NOT NULL,
  seconds REAL NOT NULL,
  value REAL,
  PRIMARY KEY (run, series, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE histogram (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  quantity TEXT NOT NULL,
  layer TEXT NOT NULL,
  -- '' for a quantity of the layer itself.
  parameter TEXT NOT NULL,
  step INTEGER NOT NULL,
  -- Counts on the fixed grid and exact moments, as the training wrote them.
  data BLOB NOT NULL,
  PRIMARY KEY (run, quantity, layer, parameter, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE activation (
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  layer TEXT NOT NULL,
  step INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (run, layer, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_run ON event (run, id);

CREATE TABLE log (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  level TEXT NOT NULL,
  step INTEGER NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX log_by_run ON log (run, id);

-- The row that names a blob's chunks is written last.
CREATE TABLE checkpoint (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('initial', 'best', 'periodic', 'latest')),
  step INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  -- What to continue from; NULL when this is for reading only.
  metric TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX checkpoint_by_run ON checkpoint (run, kind, step);

CREATE TABLE checkpoint_part (
  id INTEGER PRIMARY KEY,
  checkpoint INTEGER NOT NULL REFERENCES checkpoint (id) ON DELETE CASCADE,
  -- 'weights' as safetensors, or 'state'.
  part TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  UNIQUE (checkpoint, part)
) STRICT;

CREATE TABLE checkpoint_chunk (
  part INTEGER NOT NULL REFERENCES checkpoint_part (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (part, position)
) STRICT;

CREATE TABLE idempotency (
  key TEXT PRIMARY KEY,
  -- Of the method, the path and the body.
  request_sha256 TEXT NOT NULL,
  status INTEGER NOT NULL,
  headers TEXT NOT NULL,
  body BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
