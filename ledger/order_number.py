"""Numbers of payment orders, which name the batch that an order goes to the bank in.

A batch is what its orders' numbers begin with: those of `hubei-2022-B1` are `hubei-2022-B1-0001`
and so on, so that the bank's answer names it too.
"""


def number_order(batch: str, number: int) -> str:
    """Return the number of a batch's order, counted from 1."""
    return f"{batch}-{number:04}"


def batch_of(order: str) -> str:
    """Return the batch of an order's number; one of another form is a batch by itself."""
    batch, _, number = order.rpartition("-")
    return batch if batch and number.isdecimal() else order
