-- Files of weights that clients brought for runs to begin with, cut into rows of 4 MiB as checkpoints are. The chunks come
-- first and the row that names them last; chunks that no row names are removed when the store is opened.

CREATE TABLE weights_file (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  -- Of each tensor its name, type and shape, as JSON.
  description TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE weights_chunk (
  weights TEXT NOT NULL,
  position INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (weights, position)
) STRICT;

-- Which parameters began as those of a file or of another run, as JSON; NULL where none did.
ALTER TABLE run ADD COLUMN transfer TEXT;
-- What its bits depend on beside its request: the program's version, instructions and data, as JSON; NULL before it began.
ALTER TABLE run ADD COLUMN environment TEXT;
