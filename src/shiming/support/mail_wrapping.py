"""What programs wrap a mail in: signatures that hold it (S/MIME, RFC 8551), armour round its text (PGP, RFC 9580).

Nobody is believed for a signature (`mail.believed` says who is): it is taken off, and what it holds is read.
"""

import re

SIGNED, ENCRYPTED, DETACHED = "signed", "encrypted", "detached"
MOST_CHUNKS, CHUNK = 100_000, 65_536
_PEM = (b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----")
_CMS = re.compile(
    rb"0.{1,9}?\x06[\x09\x0b]\x2a\x86\x48\x86\xf7\x0d\x01(?:\x07[\x01-\x06]|\x09\x10\x01[\x02\x09\x17])", re.DOTALL
)
_ENVELOPES = ("enveloped_data", "signed_and_enveloped_data", "encrypted_data", "authenticated_enveloped_data")
_ARMOUR_SAYS = re.compile(r"(?:Hash|Charset|Version|Comment|MessageID|NotDashEscaped)\s*:", re.IGNORECASE)


def is_wrapped(data: bytes) -> bool:
    """Whether these are the bytes of a CMS message, as `smime.p7m` holds one, also as PEM."""
    return data.startswith(_PEM) or _CMS.match(data[:32]) is not None


def unwrapped(data: bytes) -> tuple[str, bytes]:
    """SIGNED and what is signed; ENCRYPTED or DETACHED (a signature alone) and nothing. Raises ValueError."""
    from asn1crypto import cms, pem  # not above: few mails come so

    try:
        info = cms.ContentInfo.load(pem.unarmor(data)[2] if data.startswith(_PEM) else data)
        kind = info["content_type"].native
        if kind in _ENVELOPES:
            return ENCRYPTED, b""
        if kind != "signed_data":
            raise ValueError(f"{kind} is not opened")
        held = info["content"]["encap_content_info"]["content"]
        if not held.contents:
            return DETACHED, b""
        return SIGNED, _joined(held.contents) if held.method else held.contents
    except (TypeError, KeyError, AttributeError, IndexError, OverflowError) as fault:
        raise ValueError("no CMS") from fault


def _joined(chunks: bytes) -> bytes:
    """Out of the chunks in which programs write what they do not know the length of."""
    from asn1crypto import parser

    out, at = [], 0
    while at < len(chunks):
        try:
            _, nested, _, header, content, trailer = parser.parse(chunks[at : at + CHUNK])
        except ValueError:
            _, nested, _, header, content, trailer = parser.parse(chunks[at:])
        if nested or len(out) == MOST_CHUNKS:
            raise ValueError("chunks within chunks, or too many")
        out.append(content)
        at += len(header) + len(content) + len(trailer)
    return b"".join(out)


def without_armour(text: str) -> tuple[str, bool]:
    """The text that PGP signed, without what it put round it (`Version: GnuPG …` is no version of an app), and whether
    something in it is encrypted.
    """
    kept, within, encrypted = [], "", False
    for line in text.splitlines(keepends=True):
        bare = line.strip(" \t\r\n>＞")
        begins = bare.startswith("-----BEGIN PGP ") and bare.endswith("-----")
        if begins:
            within = bare[15:-5]
            encrypted |= within.startswith("MESSAGE")
            continue
        says = _ARMOUR_SAYS.match(bare)
        if within == "SIGNED MESSAGE" and not says:
            within = "text"
        if bare.startswith("-----END PGP ") or (within not in ("", "text") and not bare.isascii() and not says):
            within = ""  # nothing depends on an end that never comes
        if within == "text":
            kept.append(line.removeprefix("- "))
        elif not within and not bare.startswith("-----END PGP "):
            kept.append(line)
    return "".join(kept), encrypted
