// This target's first file is yet to come.
