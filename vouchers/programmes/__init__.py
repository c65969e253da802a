"""One file a programme, found by being there; the file name is the id."""
