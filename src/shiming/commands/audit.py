"""`shiming audit`: export | verify | status | prove | request | cosign."""

import argparse
import sys
from pathlib import Path

from shiming.settings import Settings
from shiming.store.audit import audit_log, log_proofs, proof, sequencer
from shiming.store.audit.signed_notes import Verifier
from shiming.store.crypto.suites import NoSuite
from shiming.store.database import iso, moment

PROOF_SUFFIX = ".tlog-proof"


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the actions to the command's parser."""
    each = parser.add_subparsers(required=True, metavar="ACTION")
    export = each.add_parser("export", help="write the trail, with a fresh signed checkpoint, and the public key")
    export.add_argument("file", type=Path)
    export.set_defaults(run=_export)
    verify = each.add_parser("verify", help="check an export, or a proof, without the database")
    verify.add_argument("file", type=Path)
    verify.add_argument("--key", type=Path,
                        help="public key file, got by another way than the export (default: FILE.pub)")  # fmt: skip
    verify.add_argument("--known", help="the line that an earlier check printed, to find a tail that was cut off")
    _witnesses(verify, "whose signature to look for as well")
    verify.set_defaults(run=_verify)
    status = each.add_parser("status", help="how far the log is, and whether what waits is ours; 1 where it is not")
    status.set_defaults(run=_status)
    prove = each.add_parser("prove", help="write a proof that one row is in the log")
    prove.add_argument("id", help="aud_…, as the row says in an export")
    prove.add_argument("file", type=Path, help=f"such as one{PROOF_SUFFIX}")
    prove.set_defaults(run=_prove)
    request = each.add_parser("request", help="print what a witness wants to see, to sign the newest checkpoint")
    request.add_argument("--old", type=int, default=0, help="how many entries it has seen (0: none)")
    request.set_defaults(run=_request)
    cosign = each.add_parser("cosign", help="keep what witnesses have signed: a checkpoint with their lines")
    cosign.add_argument("file", type=Path)
    _witnesses(cosign, "whose signature to keep")
    cosign.set_defaults(run=_cosign)


def _witnesses(parser: argparse.ArgumentParser, help: str) -> None:
    parser.add_argument("--witness", action="append", default=[], metavar="KEY",
                        help=f"verifier key of a witness, {help}; may be given again")  # fmt: skip


def _context():
    from shiming import app

    return app.command_context(Settings.load())


def _export(options: argparse.Namespace) -> None:
    with _context() as context:
        with context.database.write() as connection:
            sequencer.catch_up(connection, context.audit_key, context.now())
        with context.database.read() as connection:
            audit_log.export(connection, options.file)
    public = options.file.with_suffix(options.file.suffix + ".pub")
    public.write_bytes(context.audit_key.public_pem())
    print(f"{options.file} and {public} written; give the auditor the key by another way than the file")


def _verify(options: argparse.Namespace) -> int:
    beside = options.file.with_suffix(options.file.suffix + ".pub")
    if options.key is None:
        print(f"Using {beside}. Who forges an export can forge the key beside it: better use --key with one you trust.")
    if options.file.suffix == PROOF_SUFFIX:
        return _verify_proof(options.file, options.key or beside, options.witness)
    return proof.verify_main(options.file, options.key or beside, options.known, options.witness)


def _verify_proof(file: Path, key: Path, witnesses: list[str]) -> int:
    try:
        (public, sm2), text = proof.public_keys(key), file.read_text("utf-8")
    except (OSError, ValueError) as fault:
        print(f"Cannot check: {fault}", file=sys.stderr)
        return 2
    try:
        print(log_proofs.check_inclusion(text, public, [Verifier.of(each) for each in witnesses], sm2))
    except (ValueError, NoSuite) as fault:
        print(f"NOT PROVEN: {fault}.", file=sys.stderr)
        return 1
    return 0


def _status(_: argparse.Namespace) -> int:
    with _context() as context, context.database.read() as connection:
        found, forged = audit_log.status(connection), audit_log.forged(connection, context.audit_key)
        now = context.now()
    signed = iso(moment(found.signed_at)) or "never"
    print(f"{found.size} entries; signed {signed}")
    if found.pending:
        print(f"{found.pending} rows wait for their place, the oldest for {(now - (found.oldest or now)) / 1000:.1f} s")
    for id in forged:
        print(f"{id}: not written so by this installation, or put in twice. It gets no place in the log.")
    return 1 if forged else 0


def _prove(options: argparse.Namespace) -> None:
    with _context() as context, context.database.read() as connection:
        options.file.write_text(log_proofs.inclusion(connection, options.id), "utf-8")
    print(f"{options.file} written; shiming audit verify checks it")


def _request(options: argparse.Namespace) -> None:
    with _context() as context, context.database.write() as connection:
        sequencer.catch_up(connection, context.audit_key, context.now())
        sys.stdout.write(log_proofs.for_witness(connection, options.old))


def _cosign(options: argparse.Namespace) -> int:
    trusted, note = [Verifier.of(each) for each in options.witness], options.file.read_text("utf-8")
    with _context() as context, context.database.write() as connection:
        names = log_proofs.add_cosignatures(connection, note, trusted)
    print(f"Kept: {', '.join(names)}" if names else "No signature of these witnesses is on it.")
    return 0 if names else 1
