-- What the queue knows of a run beside its priority.

-- When it began to wait; a run that comes back to the queue waits anew.
ALTER TABLE run ADD COLUMN queued_at INTEGER NOT NULL DEFAULT 0;
UPDATE run SET queued_at = created_at;
-- A run whose fault may pass waits until then.
ALTER TABLE run ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;
-- Attempts in a row that ended by such a fault.
ALTER TABLE run ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
-- Deaths of the process that were this run's doing.
ALTER TABLE run ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
-- What it holds while it trains and what it waits for, as JSON.
ALTER TABLE run ADD COLUMN needs TEXT NOT NULL DEFAULT '{}';
-- What was changed when it was resumed, as a JSON array.
ALTER TABLE run ADD COLUMN amendments TEXT NOT NULL DEFAULT '[]';
DROP INDEX run_queue;
-- Runs that ended at the same step are compared.
CREATE INDEX run_by_last_step ON run (step, number) WHERE state = 'succeeded';
-- Lists of a state are in the order of ids, newest first.
DROP INDEX run_by_state;
CREATE INDEX run_by_state ON run (state, id);
