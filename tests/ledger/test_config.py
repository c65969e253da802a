"""Settings: the environment wins over `.env`, which wins over the defaults."""

from dataclasses import asdict, fields, replace
from fractions import Fraction
from pathlib import Path

import pytest

from ledger.config import WHOLE_NUMBERS, Settings
from ledger.errors import InvalidInputError

NAMES = [f"SUANQUAN_{one.name.upper()}" for one in fields(Settings)]


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


def test_every_setting_is_read_under_its_own_name(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, f"of {name}")
    monkeypatch.setenv("SUANQUAN_USAGE_LOGS", "7")
    monkeypatch.setenv("SUANQUAN_BAD_SHARE_MAX", "0.25")
    monkeypatch.setenv("SUANQUAN_WITNESSES_REQUIRED", "3")
    monkeypatch.setenv("SUANQUAN_SETTLEMENT_SINCE", "2022-07")
    monkeypatch.setenv("SUANQUAN_PUBLIC_URL", "https://centre.example")
    for number, name in enumerate(WHOLE_NUMBERS, 11):
        monkeypatch.setenv(f"SUANQUAN_{name.upper()}", str(number))
    expected: dict[str, object] = {
        one.name: f"of SUANQUAN_{one.name.upper()}" for one in fields(Settings)
    }
    expected |= {"home": directory / "of SUANQUAN_HOME", "usage_logs": 7}
    expected["bad_share_max"] = Fraction(1, 4)
    expected |= {"witnesses_required": 3, "settlement_since": "2022-07"}
    expected |= {"public_url": "https://centre.example"}
    expected |= {name: number for number, name in enumerate(WHOLE_NUMBERS, 11)}
    assert asdict(Settings.load()) == expected


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("name", WHOLE_NUMBERS)
def test_a_whole_number_that_is_none_or_out_of_bounds_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _, least, most = WHOLE_NUMBERS[name]
    for number in (least, most):
        monkeypatch.setenv(f"SUANQUAN_{name.upper()}", str(number))
        assert getattr(Settings.load(), name) == number
    for text in (str(least - 1), str(most + 1), "1.0", "x", "٣"):
        monkeypatch.setenv(f"SUANQUAN_{name.upper()}", text)
        with pytest.raises(InvalidInputError) as caught:
            Settings.load()
        assert caught.value.code == "bad_setting"
        assert repr(text) in caught.value.message.en


@pytest.mark.usefixtures("directory")
def test_a_month_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUANQUAN_SETTLEMENT_SINCE", "2022-13")
    with pytest.raises(InvalidInputError) as caught:
        Settings.load()
    assert caught.value.code == "bad_setting"


@pytest.mark.usefixtures("directory")
def test_where_the_portal_is_reached_is_an_address_without_a_slash_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for text, found in {
        "": "",
        "/": "",
        "https://a.example/": "https://a.example",
        "http://10.0.0.7:8443/suan/quan": "http://10.0.0.7:8443/suan/quan",
        "https://" + "a" * 92: "https://" + "a" * 92,
    }.items():
        monkeypatch.setenv("SUANQUAN_PUBLIC_URL", text)
        assert Settings.load().public_url == found


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize(
    "text",
    [
        "suanquan.example",
        "ftp://a.example",
        "https://A.example",
        "https://算券.example",
        "https://a.example/?b=c",
        "https://user@a.example",
        "https://a.example//b",
        "https://a.example/b c",
        "https://a.example\n",
        "https://" + "a" * 93,
    ],
)
def test_what_is_no_address_of_a_portal_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SUANQUAN_PUBLIC_URL", text)
    with pytest.raises(InvalidInputError) as caught:
        Settings.load()
    assert caught.value.code == "bad_setting"
    assert caught.value.message.en.startswith("SUANQUAN_PUBLIC_URL ")


def test_a_setting_of_kafka_that_is_empty_keeps_its_default(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / ".env").write_text("SUANQUAN_KAFKA_USER=agent\n")
    monkeypatch.setenv("SUANQUAN_KAFKA_SECURITY_PROTOCOL", "")
    assert Settings.load() == replace(Settings.of_home(directory / "var"), kafka_user="agent")
    assert Settings.load().kafka_security_protocol == "PLAINTEXT"


@pytest.mark.parametrize("text", ["1", "64"])
def test_there_may_be_one_to_sixty_four_usage_logs(
    directory: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SUANQUAN_USAGE_LOGS", text)
    assert Settings.load() == replace(Settings.of_home(directory / "var"), usage_logs=int(text))


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize(
    "text", ["0", "65", "-1", "+1", "1.0", "07", " 7", "two", "٣", "9" * 5_000]
)
def test_another_number_of_usage_logs_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SUANQUAN_USAGE_LOGS", text)
    with pytest.raises(InvalidInputError) as caught:
        Settings.load()
    assert caught.value.code == "bad_setting"
    assert caught.value.message.en.startswith("SUANQUAN_USAGE_LOGS ")
    assert "64" in caught.value.next_step.en


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("text", ["1.001", "2", "-0.5", "50%", "1e-1", ".5", "½", "0.5001"])
def test_another_share_of_bad_records_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SUANQUAN_BAD_SHARE_MAX", text)
    with pytest.raises(InvalidInputError) as caught:
        Settings.load()
    assert caught.value.code == "bad_setting"
    assert repr(text) in caught.value.message.en


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("text", ["0", "1", "1.000", "0.125"])
def test_any_share_of_bad_records_may_be_set(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SUANQUAN_BAD_SHARE_MAX", text)
    assert Settings.load().bad_share_max == Fraction(text)


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("text", ["-1", "99", "1.0", "07", "all"])
def test_another_number_of_required_witnesses_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("SUANQUAN_WITNESSES_REQUIRED", text)
    with pytest.raises(InvalidInputError) as caught:
        Settings.load()
    assert caught.value.code == "bad_setting"
    assert caught.value.message.en.startswith("SUANQUAN_WITNESSES_REQUIRED ")
