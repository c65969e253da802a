"""Settings: the environment wins over `.env`, which wins over the defaults."""

from pathlib import Path

import pytest

from ledger.config import Settings

NAMES = ("SUANQUAN_HOME", "SUANQUAN_DATABASE_URL", "SUANQUAN_ORIGIN")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working directory, in an environment without settings."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_an_environment_all_is_under_var(directory: Path) -> None:
    settings = Settings.load()
    assert settings.home == directory / "var"
    assert settings.database_url == f"sqlite:///{directory / 'var' / 'suanquan.db'}"
    assert settings.origin == "suanquan.local"
    assert list(directory.iterdir()) == []


def test_a_dotenv_file_is_read(directory: Path) -> None:
    (directory / ".env").write_text(
        "SUANQUAN_HOME=centre\nSUANQUAN_DATABASE_URL=postgresql://u@h/d\nSUANQUAN_ORIGIN=a.cn\n"
    )
    assert Settings.load() == Settings(directory / "centre", "postgresql://u@h/d", "a.cn")


def test_the_environment_wins_over_the_dotenv_file(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / ".env").write_text("SUANQUAN_HOME=one\nSUANQUAN_ORIGIN=one.cn\n")
    monkeypatch.setenv("SUANQUAN_HOME", "two")
    settings = Settings.load()
    assert settings.home == directory / "two"
    assert settings.origin == "one.cn"


def test_an_empty_setting_is_none(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (directory / ".env").write_text("SUANQUAN_ORIGIN\nSUANQUAN_DATABASE_URL=\n")
    monkeypatch.setenv("SUANQUAN_HOME", "")
    assert Settings.load() == Settings.of_home(directory / "var")


def test_a_home_brings_its_own_database(tmp_path: Path) -> None:
    first, second = (Settings.of_home(tmp_path / name) for name in ("a", "b"))
    assert first.database_url != second.database_url
    assert str(tmp_path / "a") in first.database_url
    assert Settings.of_home(tmp_path, "sqlite:///x.db").database_url == "sqlite:///x.db"
