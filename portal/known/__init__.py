"""What a process keeps of the book, so that a page costs what it shows; never what decides."""
