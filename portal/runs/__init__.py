"""Work that a page starts, each run a process of its own that tells how far it is."""
