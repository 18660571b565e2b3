"""Trees, proofs and signed notes against published vectors, and every proof of every small tree."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shiming.store.audit import merkle
from shiming.store.audit.merkle import Frontier, leaf_hash
from shiming.store.audit.signed_notes import Checkpoint, Verifier, cosign, merged, sign, split

# From certificate-transparency's tests of RFC 6962: eight leaves, and the root of the first n of them.
LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# From the documentation of golang.org/x/mod/sumdb/note.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# From c2sp.org/tlog-checkpoint.
CHECKPOINT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def tree(size):
    """The nodes and the roots of a tree whose leaves are their numbers."""
    hashes = [leaf_hash(str(n).encode()) for n in range(size)]
    frontier, roots = Frontier(), [merkle.EMPTY]
    for each in hashes:
        frontier.add(each)
        roots.append(frontier.root())
    return hashes, (lambda height, index: merkle.fold(hashes[index << height : index + 1 << height])), roots


def test_roots_are_those_of_the_published_vectors():
    hashes = [leaf_hash(bytes.fromhex(each)) for each in LEAVES]
    frontier = Frontier()
    for size, root in enumerate(ROOTS):
        assert merkle.root(size, lambda h, i: merkle.fold(hashes[i << h : i + 1 << h])).hex() == root
        assert frontier.root().hex() == root
        frontier.add(hashes[size % 8])


def test_published_proofs():
    """Leaf 0 among 8, from the same vectors."""
    hashes = [leaf_hash(bytes.fromhex(each)) for each in LEAVES]
    proof = merkle.inclusion(0, 8, lambda h, i: merkle.fold(hashes[i << h : i + 1 << h]))
    assert [each.hex() for each in proof] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


def test_every_proof_of_every_small_tree_and_none_that_is_changed():
    hashes, node, roots = tree(33)
    for size in range(1, 34):
        for index in range(size):
            proof = merkle.inclusion(index, size, node)
            assert merkle.included(hashes[index], index, size, proof, roots[size])
            assert not merkle.included(hashes[index - 1], index, size, proof, roots[size]) or size == 1
            assert not merkle.included(hashes[index], index, size, [*proof, roots[1]], roots[size])
            assert not proof or not merkle.included(hashes[index], index, size, proof[1:], roots[size])
        for old in range(size + 1):
            proof = merkle.consistency(old, size, node)
            assert merkle.consistent(old, size, roots[old], roots[size], proof)
            assert not merkle.consistent(old, size, roots[old], roots[size], [*proof, roots[1]])
            assert old in (0, size) or not merkle.consistent(old, size, roots[old - 1], roots[size], proof)
            assert old in (0, size) or not merkle.consistent(old, size, roots[old], roots[size], proof[:-1])


def test_a_published_note_and_checkpoint():
    neumann = Verifier.of(NEUMANN)
    assert neumann.signed(NOTE) and neumann.text() == NEUMANN
    assert not neumann.signed(NOTE.replace("answer", "Answer"))
    said = Checkpoint.of(CHECKPOINT)
    assert (said.size, said.text()) == (20852163, CHECKPOINT)


@pytest.mark.parametrize("text", ["", "a\n1\n", "a\n01\n" + CHECKPOINT.split("\n")[2] + "\n", "a\n1\nAAAA\n",
                                  "a\n1\n\n\n", CHECKPOINT[:-1]])  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(ValueError):
        Checkpoint.of(text)


@pytest.mark.parametrize("note", ["", CHECKPOINT, CHECKPOINT + "\n", CHECKPOINT + "\nx y\n", CHECKPOINT + "\n— x !!\n",
                                  CHECKPOINT + "\n" + "— x AAAAAAAA\n" * 65])  # fmt: skip
def test_what_is_no_signed_note_is_refused(note):
    with pytest.raises(ValueError):
        split(note)


@pytest.mark.parametrize("key", ["", "a", "a+00000000+AAAA", NEUMANN.replace("c7", "c8"), "+c74f20a3+" + NEUMANN[22:]])
def test_what_is_no_verifier_key_is_refused(key):
    with pytest.raises(ValueError):
        Verifier.of(key)


def test_a_witness_signs_beside_the_log_and_strangers_are_passed_over():
    log, wang, stranger = (Ed25519PrivateKey.generate() for _ in range(3))
    note = sign(CHECKPOINT, "log.test/a", log)
    witness = Verifier.of(Verifier("wang.test/w", wang.public_key(), 4).text())
    theirs = cosign(cosign(note, "wang.test/w", wang, 1_790_000_000), "stranger.test", stranger, 1_790_000_000)
    kept = merged(note, theirs, [witness])
    assert witness.signed(kept) and "stranger" not in kept
    assert Verifier("log.test/a", log.public_key()).signed(kept)
    assert merged(kept, theirs, [witness]) == kept
    forged = cosign(note, "wang.test/w", stranger, 1_790_000_000)
    assert not witness.signed(forged) and merged(note, forged, [witness]) == note
