"""The portal: pages for enterprises, officials, auditors and the public, by Litestar.

`app` puts it together, `gate` finds out who asks, `audience` says who may open what, `page` makes
pages, `routes/` has them: each handler parses, calls what the command line calls, and shows it. A
rule or a check in here is a defect.
"""
