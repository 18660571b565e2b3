"""A mail server that sends nothing; it answers by what is typed: down@… does not answer, unknown@… is refused."""

from collections.abc import Mapping

from shiming.errors import BadInput, Unavailable


class Simulated:
    """Says that a mail was sent; what it would have said is shown with the account's notices."""

    simulated = True

    def __init__(self, name: str = "simulated"):
        self.name = name

    def send(self, to: str, subject: str, text: str, headers: Mapping[str, str], key: str) -> str:
        if to.startswith("down@"):
            raise Unavailable("The simulated mail server is down for down@….")
        if to.startswith("unknown@"):
            raise BadInput("The simulated mail server knows no unknown@….", "unknown_address")
        return f"<{key}@simulated>"
