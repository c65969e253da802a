"""A sentence in Chinese and in English, kept together until somebody reads it."""

from typing import Literal, NamedTuple

Language = Literal["zh", "en"]


class Text(NamedTuple):
    """One statement in both languages of the house."""

    zh: str
    en: str

    def render(self, language: Language) -> str:
        """Return the sentence in the language asked for."""
        return self.zh if language == "zh" else self.en
