"""Claims at the desk: put together, handed in, looked through, decided, brought about."""
