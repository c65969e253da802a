"""Who is let in, and what is said to who is not: settings, and a broker that demands them."""

import json
import logging
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaConnectionError, KafkaTimeoutError

from ingest.refusal import Overheard
from ingest.security import PLAINTEXT, Security, client_options, load_security
from ledger.config import Settings
from ledger.errors import InvalidInputError
from tests.conftest import missing_service
from tests.ingest.topics import Kafka, structured, usage
from tests.servers import MissingServerError
from tests.servers.secure import (
    KEY_PASSWORD,
    PASSWORD,
    USER,
    SecureBroker,
    make_certificates,
    secure_kafka,
)

ROOT: Final = Path(__file__).parents[2]
TOPIC: Final = "usage"

# Settings of Kafka by their names without `kafka_`; files are of the directory of certificates.
SSL: Final = {"security_protocol": "SSL"}
CA: Final = {"ca_file": "ca.pem"}
PAIR: Final = {"certificate_file": "client.pem", "key_file": "client.key"}
LOCKED_PAIR: Final = PAIR | {"key_file": "locked.key", "key_password": KEY_PASSWORD}
SASL: Final = {"security_protocol": "SASL_SSL", "user": USER}
PASSWORD_FILE: Final = {"password_file": "password"}


# --- settings ---


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory of certificates, and of files that hold other things."""
    path = tmp_path_factory.mktemp("certificates")
    make_certificates(path)
    (path / "password").write_text(f"{PASSWORD}\n")
    (path / "empty").write_text("\n")
    (path / "latin1").write_bytes(b"Stra\xdfe")
    return path


def settings(home: Path, **given: str) -> Settings:
    """Return settings with those of Kafka that are given."""
    named = {
        f"kafka_{name}": str(home / value) if name.endswith("_file") else value
        for name, value in given.items()
    }
    return replace(Settings.of_home(home), **named)  # type: ignore[arg-type]  # strings all


def test_without_settings_it_is_plain_text(home: Path) -> None:
    assert load_security(settings(home)) == PLAINTEXT
    assert client_options(PLAINTEXT) == {}


def test_a_clients_options_follow_from_the_settings(home: Path) -> None:
    given = settings(home, **SASL, **CA, **LOCKED_PAIR, **PASSWORD_FILE)
    assert client_options(load_security(given)) == {
        "security_protocol": "SASL_SSL",
        "ssl_check_hostname": True,
        "ssl_cafile": str(home / "ca.pem"),
        "ssl_certfile": str(home / "client.pem"),
        "ssl_keyfile": str(home / "locked.key"),
        "ssl_password": KEY_PASSWORD,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": USER,
        "sasl_plain_password": PASSWORD,
    }


def test_tls_alone_signs_nobody_in(home: Path) -> None:
    assert client_options(load_security(settings(home, security_protocol="SSL"))) == {
        "security_protocol": "SSL",
        "ssl_check_hostname": True,
        "ssl_cafile": None,
        "ssl_certfile": None,
        "ssl_keyfile": None,
        "ssl_password": None,
    }


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"security_protocol": "TLS"}, "SECURITY_PROTOCOL"),
        ({"security_protocol": "SASL_PLAINTEXT", "user": USER}, "SECURITY_PROTOCOL"),
        ({"user": USER, "password": PASSWORD}, "USER"),
        (PASSWORD_FILE, "PASSWORD_FILE"),
        ({"ca_file": "ca.pem"}, "CA_FILE"),
        ({"key_password": KEY_PASSWORD}, "KEY_PASSWORD"),
        (SSL | {"password": PASSWORD}, "PASSWORD"),
        (SSL | {"certificate_file": "client.pem"}, "KEY_FILE"),
        (SSL | {"key_file": "client.key"}, "CERTIFICATE_FILE"),
        (SSL | {"key_password": KEY_PASSWORD}, "KEY_FILE"),
        (SSL | {"ca_file": "nowhere.pem"}, "CA_FILE"),
        (SSL | {"ca_file": "."}, "CA_FILE"),
        (SSL | {"ca_file": "client.key"}, "CA_FILE"),
        (SSL | PAIR | {"key_file": "stranger.key"}, "KEY_FILE"),
        (SSL | PAIR | {"key_file": "ca.pem"}, "KEY_FILE"),
        (SSL | PAIR | {"key_file": "locked.key"}, "KEY_FILE"),
        (SSL | LOCKED_PAIR | {"key_password": PASSWORD}, "KEY_FILE"),
        ({"security_protocol": "SASL_SSL", "password": PASSWORD}, "USER"),
        (SASL, "PASSWORD_FILE"),
        (SASL | {"password_file": "nowhere"}, "PASSWORD_FILE"),
        (SASL | {"password_file": "empty"}, "PASSWORD_FILE"),
        (SASL | {"password_file": "latin1"}, "PASSWORD_FILE"),
        (SASL | PASSWORD_FILE | {"password": PASSWORD}, "PASSWORD_FILE"),
        (SASL | {"password": PASSWORD, "sasl_mechanism": "GSSAPI"}, "SASL_MECHANISM"),
    ],
)
def test_a_setting_that_cannot_be_is_named_before_anything_connects(
    home: Path, given: Mapping[str, str], wrong: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_security(settings(home, **given))
    error = caught.value
    said = f"{error} {error.render('zh')}"
    assert error.code == "bad_setting"
    assert error.message.en.startswith(f"SUANQUAN_KAFKA_{wrong} ")
    assert error.message.zh.startswith(f"SUANQUAN_KAFKA_{wrong} ")
    assert PASSWORD not in said
    assert KEY_PASSWORD not in said


def test_secrets_are_not_in_any_representation(home: Path) -> None:
    given = settings(
        home, security_protocol="SASL_SSL", user=USER, password=PASSWORD, key_password=KEY_PASSWORD
    )
    security = Security("SASL_SSL", user=USER, password=PASSWORD, key_password=KEY_PASSWORD)
    for shown in (repr(given), str(given), repr(security), str(security)):
        assert PASSWORD not in shown
        assert KEY_PASSWORD not in shown


def test_a_reason_is_not_forgotten_for_a_connection_that_ended_without_one() -> None:
    log = logging.getLogger("kafka.net.connection")
    late, ended = KafkaTimeoutError("too late"), KafkaConnectionError("socket disconnected")
    reason = ssl.SSLError(1, "[SSL: TLSV1_ALERT_UNKNOWN_CA]")
    with closing(Overheard()) as heard:
        said = []
        for error in (late, ended, late, reason, ended):
            log.error("%s: Connection lost: %s", "node", error)
            said.append(heard.error)
        assert said == [late, ended, ended, reason, reason]
    log.error("%s: Connection lost: %s", "node", ssl.SSLError())
    assert heard.error is reason


# --- the broker ---


class Ran(NamedTuple):
    """What a command said, how it ended, and its database."""

    database: Path
    status: int
    answer: str
    lines: str

    @property
    def error(self) -> dict[str, str]:
        """Return the error object, which is the last line."""
        said: dict[str, dict[str, str]] = json.loads(self.lines.splitlines()[-1])
        return said["error"]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    """Yield the broker, with a topic of three events."""
    with ExitStack() as stack:
        try:
            broker = stack.enter_context(secure_kafka(tmp_path_factory.mktemp("secure")))
        except MissingServerError as error:
            missing_service(
                "Apache Kafka", f"as root: apt-get install openjdk-17-jre-headless maven ({error})"
            )
        with closing(Kafka(broker.plain)) as kafka:
            kafka.admin.create_topics([NewTopic(TOPIC, 1, 1)], wait_for_metadata=True)
            kafka.send(TOPIC, [structured(usage(number)) for number in range(3)])
        yield broker


def start(
    bootstrap: str, home: Path, database: Path, given: Mapping[str, str]
) -> "subprocess.Popen[str]":
    """Start `suanquan ingest kafka` with settings of Kafka, files being of a directory."""
    named = {
        f"SUANQUAN_KAFKA_{name.upper()}": str(home / value) if name.endswith("_file") else value
        for name, value in given.items()
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("SUANQUAN_")}
    where = ["--bootstrap", bootstrap, "--topic", TOPIC, "--group", database.stem]
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "portal", "ingest", "kafka", *where),
            *("--until-end", "--json", "--lang", "en"),
        ],
        cwd=home,
        env={
            **others,
            **named,
            "PYTHONPATH": str(ROOT),
            "SUANQUAN_DATABASE_URL": f"sqlite:///{database}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: "subprocess.Popen[str]", database: Path) -> Ran:
    """Return what a command said, none of which is a secret."""
    answer, lines = process.communicate(timeout=120)
    assert PASSWORD not in answer + lines
    assert KEY_PASSWORD not in answer + lines
    return Ran(database, process.returncode, answer, lines)


ADMITTED: Final[Mapping[str, Mapping[str, str]]] = {
    "mtls": SSL | CA | LOCKED_PAIR,
    "sasl": SASL | CA | PASSWORD_FILE,
    "sasl, plain": SASL | CA | {"password": PASSWORD, "sasl_mechanism": "PLAIN"},
}


class Refused(NamedTuple):
    """A port, what a client says to it, and what the client is told."""

    port: str
    given: Mapping[str, str]
    code: str
    message: str
    next_step: str


REFUSED: Final[Mapping[str, Refused]] = {
    "no certificate": Refused(
        "mtls",
        SSL | CA,
        "certificate_refused",
        "demands a client's certificate",
        "SUANQUAN_KAFKA_CERTIFICATE_FILE",
    ),
    "certificate of another authority": Refused(
        "mtls",
        SSL | CA | {"certificate_file": "stranger.pem", "key_file": "stranger.key"},
        "certificate_refused",
        "stranger.pem",
        "authority",
    ),
    "broker of another authority": Refused(
        "mtls",
        SSL | PAIR | {"ca_file": "other-ca.pem"},
        "untrusted_broker",
        "unable to get local issuer certificate",
        "SUANQUAN_KAFKA_CA_FILE",
    ),
    "broker of another name": Refused(
        "localhost",
        SSL | CA | PAIR,
        "untrusted_broker",
        "'localhost'",
        "host names are always checked",
    ),
    "wrong password": Refused(
        "sasl",
        SASL | CA | {"password": "wrong"},
        "sign_in_refused",
        f"the user {USER}",
        "password",
    ),
    "password where certificates are asked for": Refused(
        "mtls",
        SASL | CA | PAIR | {"password": PASSWORD},
        "sign_in_refused",
        "lets nobody sign in",
        "SUANQUAN_KAFKA_SECURITY_PROTOCOL",
    ),
    "certificate where a password is asked for": Refused(
        "sasl",
        SSL | CA | PAIR,
        "no_broker",
        "cannot reach",
        "SUANQUAN_KAFKA_SECURITY_PROTOCOL=SASL_SSL",
    ),
    "plain text where TLS is spoken": Refused(
        "mtls", {}, "no_broker", "cannot reach", "SUANQUAN_KAFKA_SECURITY_PROTOCOL"
    ),
    "TLS where plain text is spoken": Refused(
        "plain", SSL | CA, "no_tls", "TLS", "SUANQUAN_KAFKA_SECURITY_PROTOCOL"
    ),
}


@pytest.fixture(scope="module")
def ran(secure: SecureBroker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """Return what became of every command: who is refused waits ten seconds, so all do at once."""
    (secure.home / "password").write_text(f"{PASSWORD}\n")
    ports = {"mtls": secure.mtls, "sasl": secure.sasl, "plain": secure.plain}
    ports["localhost"] = secure.mtls.replace("127.0.0.1", "localhost")
    cases = {name: (one.port, one.given) for name, one in REFUSED.items()}
    cases |= {name: (name.partition(",")[0], given) for name, given in ADMITTED.items()}
    started: dict[Path, subprocess.Popen[str]] = {}
    for name, (port, given) in cases.items():
        database = tmp_path_factory.mktemp("ledger") / f"{name}.db"
        started[database] = start(ports[port], secure.home, database, given)
    return {database.stem: end(process, database) for database, process in started.items()}


@pytest.mark.parametrize("name", ADMITTED)
def test_a_topic_is_read_to_its_end(ran: dict[str, Ran], name: str) -> None:
    assert ran[name].status == 0, ran[name].lines
    said = json.loads(ran[name].answer)
    assert (said["seen"], said["recorded"], said["offsets"]) == (3, 3, {f"{TOPIC}/0": 3})


@pytest.mark.parametrize("name", REFUSED)
def test_who_is_not_let_in_is_told_why_and_writes_nothing(ran: dict[str, Ran], name: str) -> None:
    expected = REFUSED[name]
    assert (ran[name].status, ran[name].answer) == (2, ""), ran[name].lines
    assert not ran[name].database.exists()
    error = ran[name].error
    assert error["code"] == expected.code, error
    assert expected.message in error["message"]
    assert expected.next_step in error["next"]


def test_whoever_writes_is_let_in_by_the_same_options(secure: SecureBroker) -> None:
    options = client_options(load_security(settings(secure.home, **SSL, **CA, **PAIR)))
    with closing(KafkaAdminClient(bootstrap_servers=secure.mtls, **options)) as admin:
        assert TOPIC in admin.list_topics()
    with closing(KafkaProducer(bootstrap_servers=secure.mtls, **options)) as producer:
        assert producer.partitions_for(TOPIC) == {0}
