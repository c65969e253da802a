"""A claim on its way from the draft to the money, and whatever is decided on that way."""
