"""Phone numbers and bank cards lie nowhere in the clear; neither do they in what is told to platforms."""

from tests import leaks
from tests.account.application import ZHANG
from tests.account.application import application as opened

PHONE, CARD = "12087654321", "9990001234567890"


def live_through_everything(application):
    """Bound, asked for, confirmed; a block and a claim; everything that writes about a person."""
    application.post("/accounts/zhang/phone", {"phone": PHONE})
    application.later(days=1)
    application.post("/accounts/zhang/holds", {"reason": "phone_changes", "requirements": ["confirm_phone"]})
    owner = {"phone": PHONE, "name": ZHANG.name, "number": ZHANG.number, "code_confirmed": True}
    application.post("/accounts/zhang/phone/confirm", owner)
    application.verify("zhang", phone=PHONE, bank=CARD)
    tried = application.verify("second", phone=PHONE, bank=CARD)
    (old,) = application.get(f"/verifications/{tried['id']}/places")["items"]
    application.post(f"/verifications/{tried['id']}/places/{old['place']}/not_mine")
    application.post("/verifications", {"account": "third"})


def test_nothing_personal_lies_in_the_store(tmp_path):
    both = {"standard": frozenset({"phone", "bank"})}
    secrets = {"phone": PHONE, "card": CARD, "name": ZHANG.name, "number": ZHANG.number}
    with opened(tmp_path / "data", "", factors_at=both) as application:
        live_through_everything(application)
        (tmp_path / "planted").write_text("-".join(secrets.values()))
        assert {leak.secret for leak in leaks.search([tmp_path], secrets)} == set(secrets)
        (tmp_path / "planted").unlink()
        assert leaks.search([tmp_path], secrets) == []
        told = str(application.get("/accounts/zhang/inbox?limit=100"))
    assert not any(secret in told for secret in secrets.values())
