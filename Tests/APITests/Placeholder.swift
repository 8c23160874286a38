// This target's first test is yet to come.
