"""The shipped policy with some rows changed, for tests that need other limits."""

from dataclasses import replace

from shiming.risk.document import Document
from shiming.store.database import Database
from shiming.store.policies import InForce


class Chosen(InForce):
    """In force for everybody: the default policy, with `choices` as its limits."""

    def __init__(self, database: Database, **choices):
        super().__init__(database, "default-1")
        self._choices = choices

    def document(self, *about, **named) -> Document:
        return self._changed(super().document(*about, **named))

    def version(self, app: str, version: str) -> Document:
        return self._changed(super().version(app, version))

    def _changed(self, document: Document) -> Document:
        return replace(document, limits=replace(document.limits, **self._choices))
