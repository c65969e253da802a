"""`python -m portal` is the command `suanquan`."""

from portal.cli import main

main()
