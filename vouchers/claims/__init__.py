"""A claim from draft to payment: who may do what when, what is checked, noticed and paid."""
