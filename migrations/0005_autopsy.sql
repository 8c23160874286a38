-- What was found of why a run's numbers stopped being numbers, as JSON.

CREATE TABLE autopsy (
  run INTEGER PRIMARY KEY REFERENCES run (number) ON DELETE CASCADE,
  data TEXT NOT NULL
) STRICT;
