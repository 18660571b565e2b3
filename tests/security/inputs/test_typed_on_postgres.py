"""What people type, kept in PostgreSQL (issue 14): unseen characters, other digits and dashes reach it in one form."""

from tests.security.processes.whole import whole

UNSEEN = "\u202d{}\u202c\u200b"


def test_every_typed_field_is_taken_and_found_again(tmp_path, postgres_tables):
    """陈喆喆 pastes from contacts, spreadsheets and a Chinese keyboard; PostgreSQL refuses more than SQLite does."""
    with whole(tmp_path, postgres_tables, factors_at={"basic": frozenset({"phone", "bank"})}) as home:
        platform = home.key()
        made = platform.post("/v1/verifications", json={"account": "chen", "level": "basic"}).json()
        path = f"/v1/verifications/{made['id']}"
        for piece, body in (
            ("identity", {"name": UNSEEN.format("姓名：陈喆喆"), "number": "１７０２１３–１９９１０３１４—０１３８"}),
            ("phone", {"phone": UNSEEN.format("+86 138‑1234‑5678")}),
            ("bank-card", {"card": UNSEEN.format("4000 0000 0000 0002"), "phone": "tel:138 1234 5678"}),
        ):
            answer = platform.post(f"{path}/{piece}", json=body)
            assert answer.is_success, (piece, answer.text)
        contact = {"channel": "sms", "address": UNSEEN.format("138 1234 5678")}
        assert platform.post("/v1/accounts/chen/contact", json=contact).status_code == 200
        events = [
            {"id": f"e{n}", "account": "chen", "type": "phone_bind", "at": 1_763_600_000_000 + n, "phone": phone,
             "ip": "【2001:db8::1】：443"}
            for n, phone in enumerate(("13812345678", UNSEEN.format("138–1234–5678")))
        ]  # fmt: skip
        answer = platform.post("/v1/events", json={"events": events})
        assert [each["state"] for each in answer.json()["items"]] == ["taken", "taken"], answer.text
        assert platform.get("/v1/accounts/chen/standing").status_code == 200
