"""Many more histories of a town, other ones each time: minutes on each kind of database."""

from collections import Counter

import pytest

from tests.portal.test_town_histories import Played, play, town

__all__ = ["town"]

pytestmark = pytest.mark.soak

EXAMPLES = 300


def test_many_histories_keep_the_laws_of_the_town(town: Played) -> None:
    play(town.made, Counter(), EXAMPLES, soaking=True)
