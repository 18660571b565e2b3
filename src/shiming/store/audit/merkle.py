"""Merkle trees as RFC 6962 hashes them: roots, inclusion and consistency proofs, and their checks.

Makers of proofs ask `node(height, index)` for the hash of a complete subtree: leaves index × 2^height and on, 2^height
of them. How those are kept is in `tiles.py`. Nothing here touches a disk.
"""

import hashlib
from collections.abc import Callable, Sequence

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Node = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf, 32 bytes."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return hashlib.sha256(b"\1" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root above complete subtrees of one height, a power of two of them."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


def root(size: int, node: Node) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _range(0, size, node) if size else EMPTY


def _split(width: int) -> int:
    """The largest power of two below `width`: that many leaves lie in the left half."""
    return 1 << (width - 1).bit_length() - 1


def _range(start: int, end: int, node: Node) -> bytes:
    width = end - start
    if width & (width - 1) == 0:
        return node(width.bit_length() - 1, start // width)
    middle = start + _split(width)
    return node_hash(_range(start, middle, node), _range(middle, end, node))


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size` leaves: siblings, from the leaf's to the root's child."""
    proof, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range(middle, end, node))
            end = middle
        else:
            proof.append(_range(start, middle, node))
            start = middle
    return proof[::-1]


def consistency(old: int, size: int, node: Node) -> list[bytes]:
    """The proof that the tree of `size` leaves begins with the tree of `old` leaves. 0 ≤ old ≤ size."""
    proof, start, end, whole = [], 0, size, True
    if not 0 < old < size:
        return []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range(middle, end, node))
            end = middle
        else:
            proof.append(_range(start, middle, node))
            start, whole = middle, False
    if not whole:
        proof.append(_range(start, end, node))
    return proof[::-1]


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof leads from a leaf's hash to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(each, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, each)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def consistent(old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the larger tree begins with the smaller one (RFC 9162, 2.1.4.2)."""
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size:
        return old == 0 and not proof and old_root == EMPTY
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not steps:
        return False
    before = after = steps[0]
    for each in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(each, before), node_hash(each, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, each)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == root


class Frontier:
    """The right edge of a growing tree, for one pass over its leaves: memory is the logarithm of their number."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []  # of complete subtrees, the largest first

    def add(self, leaf: bytes) -> None:
        """Append a leaf's hash."""
        carried = self.size
        while carried & 1:
            leaf, carried = node_hash(self._peaks.pop(), leaf), carried >> 1
        self._peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        found = self._peaks[-1] if self._peaks else EMPTY
        for peak in self._peaks[-2::-1]:
            found = node_hash(peak, found)
        return found
