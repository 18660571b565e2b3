"""`make docs-site`: the pages of docs/, of the clients and the API reference as a site in dist/site.

MkDocs and Material (BSD and MIT) in an environment of their own, which takes a package index once; building needs no
network, and neither does the site: search in Chinese and English runs in the reader's browser.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.site.reference import pages

ROOT = Path(__file__).parents[2]
HERE, DOCS, CLIENTS = Path(__file__).parent, ROOT / "docs", ROOT / "clients"
HOME = ROOT / ".cache" / "site"
PLACES = {"en": "api", "zh": "zh/api"}
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?\)")


def programs() -> Path:
    """MkDocs, pinned and by hash."""
    home = HOME / "programs"
    if not (home / "bin" / "mkdocs").exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r",
                        HERE / "requirements.lock"], check=True)  # fmt: skip
    return home / "bin"


def sources() -> dict[Path, str]:
    """Where each page of the repository stands on the site."""
    made = {file: str(file.relative_to(DOCS)) for file in DOCS.rglob("*") if file.is_file()}
    made |= {CLIENTS / name / "README.md": f"clients/{name}.md" for name in ("python", "typescript", "webviews")}
    made |= {CLIENTS / "README.md": "clients/index.md", ROOT / "CHANGELOG.md": "changelog.md"}
    return made | {DOCS / "api.md": "api/index.md", DOCS / "zh" / "api.md": "zh/api/index.md"}


def staged(folder: Path) -> Path:
    """All pages in one folder, as MkDocs wants them; the folder with mkdocs.yml."""
    shutil.rmtree(folder, ignore_errors=True)
    where = sources()
    for source, name in where.items():
        target = folder / "docs" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            target.write_text(linked(source, name, where), "utf-8")
        else:
            shutil.copy(source, target)
    document = json.loads((DOCS / "openapi.json").read_text("utf-8"))
    for language, place in PLACES.items():
        for name, text in pages(document, language).items():
            (folder / "docs" / place / f"{name}.md").write_text(text, "utf-8")
    (folder / "mkdocs.yml").write_text(_navigation(folder / "docs"), "utf-8")
    return folder


def linked(source: Path, name: str, where: Mapping[Path, str]) -> str:
    """A page's text with the links that the site has; of others the words stay."""

    def link(found: re.Match[str]) -> str:
        target = where.get((source.parent / found[3]).resolve())
        if target is None:
            return found[2]
        return f"{found[1]}[{found[2]}]({os.path.relpath(target, Path(name).parent)}{found[4] or ''})"

    return LINK.sub(link, source.read_text("utf-8"))


def _navigation(docs: Path) -> str:
    names = ["index", *sorted(p.stem for p in (docs / "api").glob("*.md") if p.stem != "index")]
    decisions = "\n" + "".join(f"          - decisions/{p.name}\n" for p in sorted((docs / "decisions").glob("*.md")))
    text = (HERE / "mkdocs.yml").read_text("utf-8")
    for marked, depth, place in ((" API_REFERENCE\n", 6, "api"), (" ZH_REFERENCE\n", 10, "zh/api")):
        text = text.replace(marked, "\n" + "".join(f"{' ' * depth}- {place}/{name}.md\n" for name in names))
    text = text.replace(" DECISIONS\n", decisions)
    there = sorted(str(page.relative_to(docs)) for page in docs.rglob("*.md"))
    others = [name for name in there if f" {name}\n" not in text]  # nobody has given it a place: found all the same
    return text + ("  - More:\n" + "".join(f"      - {name}\n" for name in others) if others else "")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tools.site", description="Build the documentation site.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "site")
    chosen = parser.parse_args(arguments)
    folder = staged(HOME / "work")
    done = subprocess.run([programs() / "mkdocs", "build", "--strict", "--quiet", "--site-dir", chosen.out.resolve()],
                          cwd=folder)  # fmt: skip
    if done.returncode == 0:
        print(chosen.out / "index.html")
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
