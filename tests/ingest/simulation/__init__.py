"""A deterministic simulation of the ingest worker under faults.

The worker, the store and the databases are real. Kafka, the clock and the scheduling of processes
are simulated from one seed: workers run one at a time and are switched, frozen, killed or failed
where they touch a topic, a clock or a database. A run is right when the ledger that it leaves is
the one that a single worker leaves which nothing ever disturbs.
"""
