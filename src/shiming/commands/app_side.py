"""The side of an app that a command is about: its two options, and how the store calls it."""

import argparse


def side_options(parser: argparse.ArgumentParser, app: str = "the product",
                 live: str = "of real people; without it, of tests") -> None:  # fmt: skip
    """Add --app and --live, with these words of help."""
    parser.add_argument("--app", default="demo", help=app)
    parser.add_argument("--live", action="store_true", help=live)


def side_of(options: argparse.Namespace) -> str:
    """Such as `demo.test`."""
    return f"{options.app}.{'live' if options.live else 'test'}"
