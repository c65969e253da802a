"""The interface `/api/v1` for programs: JSON with the command line's keys, by bearer tokens.

`router` has its routes, a module a subject; each answers what a command answers, and parses nothing
that the core parses. `bearer` knows who asks, `scope` what his token is limited to, `pace` how
often he may, `remember` what a key was answered before, `openapi` writes all of it down.
"""
