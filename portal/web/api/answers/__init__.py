"""What the interface answers, as types: the command line's keys, described for OpenAPI.

An answer is the command's own object. These types describe it and make none: a key that a command
adds is in the answer at once, and a test holds what is described against what is answered.
"""
