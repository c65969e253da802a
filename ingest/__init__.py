"""From records to entries: formats, adapters, the worker, the simulator."""
