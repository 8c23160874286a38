-- Uploads whose parts come side by side: "partial" for one that is a part, "final;/v1/uploads/… /v1/uploads/…" for one that was put together; NULL
-- for one that comes by itself.

ALTER TABLE upload ADD COLUMN concat TEXT;
