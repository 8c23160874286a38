-- Addresses that are called when something happens to a run, and the calls. A call is noted in the transaction of what it
-- tells of, so that none is lost; it is made from here, again and again until it arrives or there is no use.

CREATE TABLE webhook (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  -- Kinds of events, as a JSON array.
  events TEXT NOT NULL,
  -- What calls are signed with; it must be kept as it is.
  secret TEXT NOT NULL,
  project TEXT NOT NULL,
  key TEXT,
  created_at INTEGER NOT NULL,
  -- Why nothing is called any more; NULL while it is.
  disabled TEXT
) STRICT;
CREATE INDEX webhook_by_project ON webhook (project, id);

CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook TEXT NOT NULL,
  -- The id that the receiver knows a message by, the same each time it is sent.
  message TEXT NOT NULL,
  type TEXT NOT NULL,
  run TEXT,
  payload TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  -- When it is to be sent.
  due_at INTEGER NOT NULL,
  -- Of the last answer, or what was wrong.
  status INTEGER,
  error TEXT,
  created_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX delivery_due ON delivery (due_at) WHERE state = 'pending';
CREATE INDEX delivery_pending ON delivery (webhook) WHERE state = 'pending';
CREATE INDEX delivery_by_webhook ON delivery (webhook, id);
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;
