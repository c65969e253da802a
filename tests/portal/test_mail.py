"""`suanquan statement mail` against a real mail server: once each, or named; never to whom."""

import time
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from ledger.codec import encode
from ledger.events import EnterpriseRegistered, StatementIssued
from portal.commands import mail_command
from portal.schedule.mail_message import Letter, compose
from reports.issue import Issued
from tests.portal.letterbox import PASSWORD, USER, certificate, letterbox
from tests.portal.mailing import (
    ADDRESS,
    FROM,
    NUMBER,
    OTHERS,
    THEIRS,
    THIEF,
    MailCentre,
    box,
    centre,
)
from tests.small_ledger import CODE, SALT, events

__all__ = ["box", "centre"]

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_each_enterprise_gets_its_statement_once(centre: MailCentre) -> None:
    done = centre.mail()
    assert (done["status"], done["sent"]) == (0, 2), done
    assert centre.box.recipients == [[ADDRESS], [THEIRS]]
    second, first = centre.box.letters
    assert (first["To"], second["To"], second["From"]) == (THEIRS, ADDRESS, FROM)
    assert second["Subject"] == f"算力服务结算单 2022-07（{NUMBER}）"
    assert second["Auto-Submitted"] == "auto-generated"
    body, paper = second.iter_parts()
    words = body.get_content()
    assert words.startswith("华智科技：")
    assert words.index("附件为贵单位") < words.index("attached is your")
    assert "样张" in words
    kept = centre.home / "statements" / "2022-07" / f"{NUMBER}.pdf"
    assert (paper.get_filename(), paper.get_content_type()) == (kept.name, "application/pdf")
    assert paper.get_payload(decode=True) == kept.read_bytes()
    assert max(map(len, b"".join(centre.box.raw).splitlines())) <= 998
    assert centre.box.raw[0].isascii()
    again = centre.mail()
    assert (again["status"], again["sent"], len(centre.box.raw)) == (0, 0, 2)
    assert [one["state"] for one in again["rows"]] == ["sent", "sent"]
    assert centre.mail("--again", NUMBER)["error"]["code"] == "mail_sent"


@SQLITE
def test_the_message_id_is_the_statements(
    centre: MailCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre.box.hangs_up = True
    assert centre.states("--enterprise", CODE) == {NUMBER: "unclear"}
    centre.box.hangs_up = False
    monkeypatch.setattr(mail_command, "new_holder", lambda: "another")
    centre.mail("--again", NUMBER)
    first, second, other = (one["Message-ID"] for one in centre.box.letters)
    ids = {first, second, other}
    assert len(ids) == 2
    assert all(one.endswith("@centre.example.cn>") for one in ids)


def test_what_the_server_puts_off_is_tried_again_later(centre: MailCentre) -> None:
    centre.box.rcpt = [f"451 <{ADDRESS}> greylisted", f"452 <{THEIRS}> full"]
    done = centre.mail()
    assert (done["status"], done["sent"]) == (3, 0)
    assert {one["state"] for one in done["rows"]} == {"waits"}
    assert "RCPT 451" in done["rows"][0]["error"]["message"]
    assert centre.mail()["sent"] == 0
    centre.later(1)
    centre.box.data = ["450 busy"]
    assert centre.states() == {NUMBER: "waits", OTHERS: "sent"}
    centre.later(1)
    assert centre.states()[NUMBER] == "waits"
    centre.later(1)
    assert centre.states() == {NUMBER: "sent", OTHERS: "sent"}
    assert centre.box.recipients == [[THEIRS], [ADDRESS]]


@SQLITE
def test_after_so_many_tries_it_has_failed(
    centre: MailCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUANQUAN_SCHEDULE_ATTEMPTS", "2")
    centre.box.rcpt = ["450 no"] * 2
    assert centre.states("--enterprise", CODE) == {NUMBER: "waits"}
    centre.later(1)
    assert centre.states("--enterprise", CODE) == {NUMBER: "failed"}
    centre.later(1_000)
    assert centre.states("--enterprise", CODE) == {NUMBER: "failed"}
    assert centre.box.raw == []


@SQLITE
def test_what_is_refused_is_sent_again_by_whoever_asks(centre: MailCentre) -> None:
    centre.box.rcpt = [f"550 <{ADDRESS}> unknown"]
    assert centre.states() == {NUMBER: "failed", OTHERS: "sent"}
    centre.later(1_000)
    done = centre.mail()
    assert (done["status"], done["sent"]) == (3, 0)
    assert centre.mail("--again", NUMBER)["status"] == 0
    assert centre.box.recipients == [[THEIRS], [ADDRESS]]
    assert centre.mail("--again", "SQ-C-1")["error"]["code"] == "no_statement"


@SQLITE
@pytest.mark.parametrize(
    "email", [None, "a@x.cn, b@y.cn", "a@x.cn> SIZE=1", "张三@x.cn", "@", "a@-x"]
)
def test_an_enterprise_without_a_usable_address_is_named(
    centre: MailCentre, email: str | None
) -> None:
    centre.contact(CODE, email)
    done = centre.mail()
    assert (done["status"], done["sent"]) == (0, 1)
    assert {one["id"]: one["state"] for one in done["rows"]} == {
        OTHERS: "sent",
        NUMBER: "no_address",
    }
    assert centre.box.recipients == [[THEIRS]]


@SQLITE
def test_a_name_begins_no_header(centre: MailCentre) -> None:
    # The ledger takes no control characters; a separator of lines is none.
    data = EnterpriseRegistered(registered_region="420100", name=f"华智\u2028Bcc: {THIEF}")
    centre.ledger.append(encode("urn:test", "evil", CODE, data, SALT))
    assert centre.states("--enterprise", CODE) == {NUMBER: "sent"}
    (letter,) = centre.box.letters
    assert (centre.box.recipients, letter["Bcc"]) == ([[ADDRESS]], None)
    (body, _) = letter.iter_parts()
    assert body.get_content().startswith(f"华智 Bcc: {THIEF}：")


def test_no_text_of_a_letter_begins_a_header_or_a_command() -> None:
    evil = f"x\r\nBcc: {THIEF}\r\n\r\n.\r\nRCPT TO:<{THIEF}>\r\n\x85\u2028"
    digest = "0" * 64
    data = StatementIssued(
        statement=f"SQ{evil}",
        kind="compute",
        period="2022-07",
        revision=2,
        issued_at="2022-08-03T01:00:00Z",
        sizes={},
        rules=None,
        renderer="pdf/2",
        total_fen=0,
        values_sha256=digest,
        pdf_sha256=digest,
        supplements=evil,
    )
    letter = Letter("centre.example", Issued(CODE, data), evil, evil, b"%PDF")
    raw = compose(letter, FROM, ADDRESS, datetime(2022, 8, 3, tzinfo=UTC))
    read = message_from_bytes(raw, policy=policy.default)
    assert not {"bcc", "rcpt to"} & {name.lower() for name in read}
    assert b"\r\n.\r\n" not in raw
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    assert all(line[:1] == " " or ": " in line for line in head.split("\r\n"))
    assert sorted(read) == sorted({*read}), "no header comes twice"


def test_two_senders_at_once_send_once(centre: MailCentre) -> None:
    centre.box.goes_on.clear()
    processes = [centre.started() for _ in range(2)]
    assert centre.box.came.wait(60)
    time.sleep(3)
    centre.box.goes_on.set()
    for one in processes:
        one.wait(60)
    centre.later(1)
    assert sorted(centre.box.recipients) == sorted([[THEIRS], [ADDRESS]])
    assert centre.states() == {NUMBER: "sent", OTHERS: "sent"}
    assert len(centre.box.raw) == 2


def test_a_sender_that_ends_before_it_could_say_so_is_named(centre: MailCentre) -> None:
    centre.box.goes_on.clear()
    process = centre.started()
    assert centre.box.came.wait(60)
    centre.later(1)
    process.kill()
    process.wait()
    centre.box.goes_on.set()
    assert centre.states() == {NUMBER: "sending", OTHERS: "sent"}
    centre.lease_is_over()
    done = centre.mail()
    assert (done["status"], done["sent"]) == (3, 0)
    assert {one["id"]: one["state"] for one in done["rows"]} == {NUMBER: "unclear", OTHERS: "sent"}
    centre.later(10_000)
    assert centre.mail()["sent"] == 0
    assert centre.box.recipients == [[ADDRESS], [THEIRS]]
    assert centre.mail("--again", NUMBER)["sent"] == 1


@SQLITE
def test_a_lost_answer_is_not_taken_for_a_no(centre: MailCentre) -> None:
    centre.box.hangs_up = True
    assert set(centre.states().values()) == {"unclear"}
    centre.later(10_000)
    assert centre.mail()["sent"] == 0
    assert len(centre.box.raw) == 2


@SQLITE
def test_a_server_without_starttls_gets_nothing(
    centre: MailCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUANQUAN_SMTP_STARTTLS", "yes")
    refused = centre.mail()
    assert (refused["status"], refused["error"]["code"]) == (2, "mail_server")
    assert "SMTPNotSupportedError" in refused["error"]["message"]
    assert centre.box.raw == []
    monkeypatch.setenv("SUANQUAN_SMTP_STARTTLS", "no")
    assert centre.mail()["sent"] == 2


@SQLITE
def test_mail_is_encrypted_and_signed_in_where_the_certificate_is_believed(
    centre: MailCentre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, shown = certificate(tmp_path)
    with letterbox(context) as box:
        for name, value in {
            "SMTP_PORT": str(box.port),
            "SMTP_STARTTLS": "yes",
            "SMTP_USER": USER,
            "SMTP_PASSWORD": PASSWORD,
        }.items():
            monkeypatch.setenv(f"SUANQUAN_{name}", value)
        refused = centre.mail()["error"]
        assert (refused["code"], "SSLCertVerificationError" in refused["message"]) == (
            "mail_server",
            True,
        )
        monkeypatch.setenv("SSL_CERT_FILE", str(shown))
        monkeypatch.setenv("SUANQUAN_SMTP_PASSWORD", f"{PASSWORD}x")
        assert "535" in centre.mail()["error"]["message"]
        assert box.raw == []
        monkeypatch.setenv("SUANQUAN_SMTP_PASSWORD", PASSWORD)
        assert centre.mail()["sent"] == 2
        assert (box.encrypted, box.users) == ([True, True], [USER, USER])


@SQLITE
def test_a_server_that_is_away_leaves_everything_as_it_was(
    centre: MailCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUANQUAN_SMTP_PORT", "1")
    assert centre.mail()["error"]["code"] == "mail_server"
    monkeypatch.setenv("SUANQUAN_SMTP_PORT", str(centre.box.port))
    assert centre.mail()["sent"] == 2


@SQLITE
def test_a_file_that_was_changed_is_not_sent(centre: MailCentre) -> None:
    path = centre.home / "statements" / "2022-07" / f"{NUMBER}.pdf"
    path.write_bytes(path.read_bytes() + b"\n")
    refused = centre.mail()
    assert (refused["status"], refused["error"]["code"]) == (4, "statement_changed")
    assert centre.box.raw == []


@SQLITE
def test_what_was_superseded_is_left_out_and_its_supplement_sent(centre: MailCentre) -> None:
    centre.ledger.append(*events("usage a100 1 2022-07-21T00:00 2022-07-22T00:00"))
    assert centre.run("statement", "make", "--month", "2022-07")["status"] == 0
    assert centre.states("--enterprise", CODE) == {f"SQ-C-2022-07-{CODE}-2": "sent"}
    (letter,) = centre.box.letters
    (body, _) = letter.iter_parts()
    assert f"本单补充 {NUMBER}。" in body.get_content()


@SQLITE
def test_nobody_mails_without_a_right_to_read_contacts(
    centre: MailCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUANQUAN_TOKEN", "")
    assert centre.mail()["error"]["code"] == "no_token"
    assert centre.box.raw == []


@SQLITE
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("HOST", "", "no_mail"),
        ("FROM", "", "no_mail"),
        ("FROM", "算力中心 <a@x.cn>", "bad_setting"),
        ("PORT", "0", "bad_setting"),
        ("PORT", "smtp", "bad_setting"),
        ("STARTTLS", "maybe", "bad_setting"),
        ("USER", "centre", "bad_setting"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    centre: MailCentre, monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: str
) -> None:
    monkeypatch.setenv(f"SUANQUAN_SMTP_{name}", value)
    refused = centre.mail()
    assert (refused["status"], refused["error"]["code"]) == (2, code)
