"""How each gateway says what the fake one does (tests/support/fake_gateway.py)."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.fake_gateway import FakeGateway

Answer = tuple[int, Any]
Form = dict[str, Any]


class Dialect(ABC):
    @staticmethod
    @abstractmethod
    def accepted(number: int, state: int) -> Answer: ...

    @staticmethod
    @abstractmethod
    def limited() -> Answer: ...

    @staticmethod
    @abstractmethod
    def refused(code: int) -> Answer: ...

    @staticmethod
    @abstractmethod
    def answered(fake: FakeGateway, question: Form) -> Answer: ...

    @staticmethod
    def is_question(form: Form) -> bool:
        """Whether a POST only asks."""
        return False


def _numbered(fake: FakeGateway, key: str) -> list[tuple[int, Form]]:
    """What came in the words of one gateway, which has `key` in each."""
    return [(n, form) for n, form in enumerate(fake.sent, 1) if key in form]


class Kavenegar(Dialect):
    @staticmethod
    def accepted(number: int, state: int) -> Answer:
        entry = {"messageid": number, "status": state, "cost": 1200}
        return Kavenegar._good([entry])

    @staticmethod
    def _good(entries: Any) -> Answer:
        return 200, {"return": {"status": 200, "message": ""}, "entries": entries}

    @staticmethod
    def limited() -> Answer:
        return Kavenegar.refused(451)

    @staticmethod
    def refused(code: int) -> Answer:
        return code, {"return": {"status": code, "message": ""}, "entries": None}

    @staticmethod
    def is_question(form: Form) -> bool:
        return not form["path"].endswith(("/sms/send.json", "/verify/lookup.json"))

    @staticmethod
    def answered(fake: FakeGateway, question: Form) -> Answer:
        method = question["path"].split("/")[-1].removesuffix(".json")
        answers = {
            "status": lambda: Kavenegar._by(fake, question, "messageid"),
            "statuslocalmessageid": lambda: Kavenegar._by(fake, question, "localid"),
            "statusbyreceptor": lambda: Kavenegar._to(fake, question["receptor"]),
            "inboxpaged": lambda: Kavenegar._inbox(fake, question),
            "list": lambda: Kavenegar._blocked(fake, question),
            "info": lambda: {"remaincredit": fake.credit, "type": "master"},
        }
        return Kavenegar._good(answers[method]())

    @staticmethod
    def _entry(fake: FakeGateway, number: int, form: Form) -> Form:
        state = fake.fates.get(number, 5)
        return {
            "messageid": number,
            "localid": form.get("localid"),
            "status": state,
            "statustext": "",
        }

    @staticmethod
    def _by(fake: FakeGateway, question: Form, key: str) -> list[Form]:
        wanted = question[key].split(",")
        found = [
            Kavenegar._entry(fake, n, form) for n, form in _numbered(fake, "receptor")
        ]
        known = {str(entry[key]): entry for entry in found}
        return [known.get(one, {key: one, "status": 100}) for one in wanted]

    @staticmethod
    def _to(fake: FakeGateway, receptor: str) -> list[Form]:
        return [
            Kavenegar._entry(fake, n, form)
            for n, form in _numbered(fake, "receptor")
            if form["receptor"] == receptor
        ]

    @staticmethod
    def _blocked(fake: FakeGateway, question: Form) -> list[Form]:
        first = 200 * (int(question["pagenumber"]) - 1)
        return [
            {"number": number, "blockreason": int(question["blockreason"]), "date": 0}
            for number in fake.blocked[first : first + 200]
        ]

    @staticmethod
    def _inbox(fake: FakeGateway, question: Form) -> list[Form]:
        is_read = question["isread"] == "1"
        return [
            {
                "messageid": row["id"],
                "sender": row["from"],
                "message": row["text"],
                "date": row["at"],
            }
            for row in fake.inbox
            if row.get("read", False) == is_read
        ]


class SmsIr(Dialect):
    @staticmethod
    def accepted(number: int, state: int) -> Answer:
        return SmsIr._good({"messageIds": [number], "messageId": number, "cost": 1.0})

    @staticmethod
    def _good(data: Any) -> Answer:
        return 200, {"status": 1, "message": "ok", "data": data}

    @staticmethod
    def limited() -> Answer:
        return 429, {"status": 20, "message": "too many", "data": None}

    @staticmethod
    def refused(code: int) -> Answer:
        status = 401 if 10 <= code <= 15 else 400
        return status, {"status": code, "message": "refused", "data": None}

    @staticmethod
    def answered(fake: FakeGateway, question: Form) -> Answer:
        path = question["path"].removeprefix("/v1/")
        if path == "credit":
            return SmsIr._good(fake.credit)
        if path == "receive/live":
            return SmsIr._good([SmsIr._received(row) for row in fake.inbox])
        entries = [SmsIr._entry(fake, n, form) for n, form in _numbered(fake, "path")]
        if path == "send/live":
            return SmsIr._good(entries)
        number = int(path.split("/")[-1])
        found = [entry for entry in entries if entry["messageId"] == number]
        return SmsIr._good(found[0]) if found else SmsIr.refused(112)

    @staticmethod
    def _entry(fake: FakeGateway, number: int, form: Form) -> Form:
        mobile = form.get("mobile") or form.get("mobiles", [""])[0]
        return {
            "messageId": number,
            "mobile": int(f"98{mobile}"),
            "messageText": form.get("messageText", "an approved text"),
            "deliveryState": fake.fates.get(number),
        }

    @staticmethod
    def _received(row: Form) -> Form:
        return {
            "mobile": row["from"],
            "messageText": row["text"],
            "receivedDateTime": row["at"],
        }


class Twilio(Dialect):
    @staticmethod
    def accepted(number: int, state: int) -> Answer:
        return 201, {"sid": f"SM{number:032}", "status": "accepted"}

    @staticmethod
    def limited() -> Answer:
        return 429, {"code": 20429, "message": "Too many requests", "status": 429}

    @staticmethod
    def refused(code: int) -> Answer:
        status = 401 if code == 20003 else 400
        return status, {"code": code, "message": "refused", "status": status}

    @staticmethod
    def answered(fake: FakeGateway, question: Form) -> Answer:
        path = question["path"]
        if path.endswith("/Balance.json"):
            return 200, {"balance": str(fake.credit), "currency": "USD"}
        rows = [Twilio._entry(fake, n, form) for n, form in _numbered(fake, "To")]
        if path.endswith("/Messages.json"):
            rows += [Twilio._received(row) for row in fake.inbox]
            to = question.get("To")
            return 200, {"messages": [row for row in rows if to in (None, row["to"])]}
        sid = path.split("/")[-1].removesuffix(".json")
        found = [row for row in rows if row["sid"] == sid]
        return (200, found[0]) if found else (404, {"code": 20404, "status": 404})

    @staticmethod
    def _entry(fake: FakeGateway, number: int, form: Form) -> Form:
        return {
            "sid": f"SM{number:032}",
            "to": form["To"],
            "body": form["Body"],
            "status": fake.fates.get(number, "sent"),
            "error_code": None,
            "direction": "outbound-api",
        }

    @staticmethod
    def _received(row: Form) -> Form:
        at = dt.datetime.fromtimestamp(row["at"], dt.UTC)
        return {
            "sid": f"SM{row['id']:032x}",
            "to": "+15550000",
            "from": row["from"],
            "body": row["text"],
            "direction": "inbound",
            "date_sent": format_datetime(at),
        }
