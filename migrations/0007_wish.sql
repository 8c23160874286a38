-- What a client asked of a running run that its training hasn't done yet: pause, stop or cancel.
ALTER TABLE run ADD COLUMN wish TEXT;
