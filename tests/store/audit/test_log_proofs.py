"""Single rows proven, witnesses asked, and how few hashes are read for it."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shiming.errors import NotFound
from shiming.store.audit import log_proofs, merkle
from shiming.store.audit.audit_log import AuditKey, latest
from shiming.store.audit.signed_notes import Checkpoint, Verifier, cosign, split
from shiming.store.audit.tiles import Tiles
from tests.store.audit.conftest import NOW


def test_a_row_is_proven_without_the_log(trail):
    ids = [trail.add(number) for number in range(5)]
    trail.order()
    with trail.database.read() as connection:
        text = log_proofs.inclusion(connection, ids[3])
        with pytest.raises(NotFound):
            log_proofs.inclusion(connection, "aud_nothing")
    assert '"object":"ver_3"' in log_proofs.check_inclusion(text, trail.key.public)
    for wrong in (text.replace("index 3", "index 2"), text.replace("\n5\n", "\n6\n"), text[5:], ""):
        with pytest.raises(ValueError):
            log_proofs.check_inclusion(wrong, trail.key.public)
    with pytest.raises(ValueError, match="not signed by this key"):
        log_proofs.check_inclusion(text, AuditKey.of(b"z" * 32).public)


def test_a_witness_sees_that_the_log_goes_on_and_its_signature_is_kept(trail):
    wang = Ed25519PrivateKey.generate()
    witness = Verifier("wang.test/w", wang.public_key(), 4)
    for number in range(3):
        trail.add(number)
    trail.order()
    with trail.database.read() as connection:
        seen = Checkpoint.of(split(latest(connection))[0])
    for number in range(4):
        trail.add(number)
    trail.order()
    with trail.database.write() as connection:
        head, _, note = log_proofs.for_witness(connection, 3).partition("\n\n")
    said = Checkpoint.of(split(note)[0])
    old, *proof = head.split("\n")
    assert old == "old 3" and merkle.consistent(3, said.size, seen.root, said.root, list(map(base64.b64decode, proof)))
    trail.add(9)
    trail.order(now=NOW + 1)  # within the same minute: the one that the witness has seen stays
    with trail.database.write() as connection:
        answered = cosign(note, witness.name, wang, 1)
        assert log_proofs.add_cosignatures(connection, answered, [witness]) == ["wang.test/w"]
    report = trail.checked(witnesses=[witness])
    assert (report.ok, dict(report.witnessed)) == (True, {"wang.test/w": 7})
    with trail.database.write() as connection, pytest.raises(ValueError):
        log_proofs.add_cosignatures(connection, note.replace("\n7\n", "\n6\n"), [witness])


def test_proofs_in_large_trees_read_few_rows(database):
    """256³ leaves would be three levels; here three levels of 70,000, proofs checked at many places."""
    hashes = [merkle.leaf_hash(n.to_bytes(4, "big")) for n in range(70_000)]
    frontier, roots = merkle.Frontier(), {}
    for each in hashes:
        frontier.add(each)
        roots[frontier.size] = frontier.root() if frontier.size in (1000, 65_536, 66_000, 70_000) else b""
    with database.write() as connection:
        for at in range(0, 70_000, 1_750):
            Tiles(connection).extend(at, hashes[at : at + 1_750])
        for index in (0, 255, 256, 40_000, 65_535, 65_536, 69_999):
            tiles = Tiles(connection)
            proof = merkle.inclusion(index, 70_000, tiles.node)
            assert merkle.included(hashes[index], index, 70_000, proof, roots[70_000])
            assert len(proof) <= 17 and tiles.reads <= 6
        for old in (1000, 65_536, 66_000):
            proof = merkle.consistency(old, 70_000, Tiles(connection).node)
            assert merkle.consistent(old, 70_000, roots[old], roots[70_000], proof)
