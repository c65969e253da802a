"""The hash of every released version: what was decided under it can be decided again.

A line is added with the release (CONTRIBUTING.md, step seven) and changed once, when the version is
given its last day: one that otherwise lost its hash pays, or cites, something else than it did.
"""

from collections.abc import Mapping
from typing import Final

RELEASED: Final[Mapping[str, str]] = {
    "hubei@2022": "b11891cdd87512a818e4e37e07278f93948bde25567a64e18749abc7d6b05e78",
    "hubei@2025": "3f72578f2c5a3dee26aa65764e4faae54ea42ab0e4765954a9c42c8b69814447",
    "wuhan@2020": "77976aa28957186a16458260989f22ea9d7c28b35d4998055bf1bae39c8e037e",
    "east_lake@2020": "72e12149c65d938b14d9145bd623d762c94909410eb02008872f4c1cf26bca5d",
}
