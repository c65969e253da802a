"""The values of a version that are plain numbers in the programmes of the house."""

from fractions import Fraction

from vouchers.programme import Cited, Version


def yearly_cap(version: Version) -> Cited[int]:
    """Return the yearly cap, which is one number for everybody."""
    cited = version.yearly_cap_fen
    assert cited is not None, version.id
    assert isinstance(cited.value, int), cited
    return Cited(cited.value, cited.clause, cited.grade)


def flat_rate(version: Version) -> Fraction:
    """Return the rate, which is one for everybody."""
    assert isinstance(version.rate.value, Fraction), version.id
    return version.rate.value
