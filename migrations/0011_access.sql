-- Keys, what they own, and what was changed with them. A project is a name; whatever was there before belongs to `default`.

CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  project TEXT NOT NULL,
  -- Names in a JSON array.
  scopes TEXT NOT NULL,
  -- Of the secret part, which nobody keeps.
  secret_sha256 TEXT NOT NULL,
  -- Limits by name, as a JSON object.
  quotas TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  revoked_at INTEGER
) STRICT;

-- Every request that changed something or was refused to, in the order of their ends.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  request TEXT NOT NULL,
  -- NULL where no key is asked for.
  key TEXT,
  project TEXT NOT NULL,
  -- The peer's address.
  client TEXT,
  operation TEXT NOT NULL,
  -- The address without its query.
  path TEXT NOT NULL,
  status INTEGER NOT NULL,
  -- The id of what was made.
  made TEXT
) STRICT;
CREATE INDEX audit_by_key ON audit (key, id);
CREATE INDEX audit_by_time ON audit (at);

ALTER TABLE dataset ADD COLUMN project TEXT NOT NULL DEFAULT 'default';
ALTER TABLE dataset ADD COLUMN key TEXT;
CREATE INDEX dataset_by_project ON dataset (project, id);
CREATE INDEX dataset_by_key ON dataset (key, size_bytes) WHERE key IS NOT NULL;

ALTER TABLE model ADD COLUMN project TEXT NOT NULL DEFAULT 'default';
ALTER TABLE model ADD COLUMN key TEXT;
CREATE INDEX model_by_project ON model (project, id);

ALTER TABLE weights_file ADD COLUMN project TEXT NOT NULL DEFAULT 'default';
ALTER TABLE weights_file ADD COLUMN key TEXT;
CREATE INDEX weights_file_by_project ON weights_file (project, id);
CREATE INDEX weights_file_by_key ON weights_file (key, size_bytes) WHERE key IS NOT NULL;

ALTER TABLE run ADD COLUMN project TEXT NOT NULL DEFAULT 'default';
-- That queued it.
ALTER TABLE run ADD COLUMN key TEXT;
CREATE INDEX run_by_project ON run (project, id);
CREATE INDEX run_by_project_state ON run (project, state, id);
CREATE INDEX run_by_key ON run (key, state) WHERE key IS NOT NULL AND state IN ('queued', 'running', 'paused');

-- A client's names for its requests are its project's own.
CREATE TABLE answer (
  project TEXT NOT NULL,
  key TEXT NOT NULL,
  -- Of the method, the path and the body.
  request_sha256 TEXT NOT NULL,
  status INTEGER NOT NULL,
  headers TEXT NOT NULL,
  body BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (project, key)
) STRICT;
INSERT INTO answer SELECT 'default', key, request_sha256, status, headers, body, created_at FROM idempotency;
DROP TABLE idempotency;
CREATE INDEX answer_by_time ON answer (created_at);
