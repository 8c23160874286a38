-- Uploads that are sent piece by piece. The bytes lie in the folder uploads, in a file of the upload's id; how many there are
-- is the file's size.

CREATE TABLE upload (
  id TEXT PRIMARY KEY,
  -- How many bytes it is to have.
  length INTEGER NOT NULL,
  -- What the client says of it: Upload-Metadata of the tus protocol, as it came.
  metadata TEXT NOT NULL,
  -- The digest that all of it must have, in hexadecimal; NULL where none was announced.
  sha256 TEXT,
  project TEXT NOT NULL,
  key TEXT,
  created_at INTEGER NOT NULL,
  -- When something last came.
  touched_at INTEGER NOT NULL
) STRICT;
CREATE INDEX upload_by_project ON upload (project, id);
CREATE INDEX upload_by_key ON upload (key) WHERE key IS NOT NULL;
CREATE INDEX upload_by_age ON upload (touched_at);
