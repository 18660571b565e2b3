"""The same cards, in the same run: ours beside RapidOCR's default pipeline with fields parsed from its lines by labels.

`python -m bench.card_peers --data DIR --python /tmp/peers/bin/python [--limit N] [--out FILE]`. The peer runs in a venv
of its own (bench/peers/requirements.txt says how), with one thread like ours; ratios are of CPU medians. The parsing is
what an integrator would write in an hour: labels and forms by regular expression.
"""

import argparse
import json
import re
import subprocess
from pathlib import Path

from shiming.bench import card
from shiming.bench.report import Report, Table
from shiming.verification.seen import Side
from shiming.vision import weights
from shiming.vision.card import CardReader
from shiming.vision.card.reading.fields import nearest_ethnicity, parse_birth, parse_validity

PROGRAM = Path(__file__).with_name("peers") / "rapidocr_lines.py"
FORMS = {
    "name": r"姓名\s*([^\s\d性]{2,15})",
    "sex": r"性别\s*([男女])",
    "ethnicity": r"民族\s*([^\s\d出]{1,6})",
    "birth": r"((?:19|20)\d\d年\d{1,2}月\d{1,2}日)",
    "address": r"住址\s*(.+?)(?:公民|样本|SPECIMEN|\d{17}[\dXx]|$)",
    "number": r"(\d{17}[\dXx])",
    "authority": r"签发机关\s*(\S+?(?:局|厅|所|处|队))",
    "validity": r"(\d{4}\.\d\d\.\d\d[-—一]+(?:\d{4}\.\d\d\.\d\d|长期))",
}


def parsed(texts: list[str], tops: list[list[float]]) -> dict[str, str]:
    """Fields from lines of text, in the order from top to bottom and left to right."""
    ordered = sorted(zip(tops, texts, strict=True), key=lambda pair: (round(pair[0][1] / 25), pair[0][0]))
    whole = "".join(text.replace(" ", "") for _, text in ordered)
    found = {name: match[1] for name, form in FORMS.items() if (match := re.search(form, whole))}
    if "validity" in found:
        start, end = parse_validity(found.pop("validity"))
        found |= {"valid_from": start or "", "valid_until": end or ""}
    if "birth" in found:
        found["birth"] = parse_birth(found["birth"]) or ""
    if "ethnicity" in found:
        found["ethnicity"] = nearest_ethnicity(found["ethnicity"]) or found["ethnicity"]
    return found | ({"number": found["number"].upper()} if "number" in found else {})


def peer(python: Path, samples: list[card.Sample]) -> list[card.Outcome]:
    """What the peer made of the samples."""
    paths = "\n".join(str(sample.path.resolve()) for sample in samples)
    done = subprocess.run([python, PROGRAM], input=paths, capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    made = []
    for sample, row in zip(samples, rows, strict=True):
        read = parsed(row["texts"], row["tops"])
        side = Side.BACK if "authority" in read or "valid_until" in read else Side.FRONT if read else Side.NONE
        made.append(card.Outcome(sample, read, side, ("nothing says what is sure",), 0.0, row["ms"]))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.card_peers", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--python", type=Path, required=True, help="the Python of the peers' venv")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--out", type=Path, help="a folder for card_peers.json")
    told = parser.parse_args()
    samples, reader = card.samples(told.data, told.limit), CardReader(weights.default_folder())
    sides = {"ours": [card.read(reader, sample) for sample in samples], "rapidocr 3.10": peer(told.python, samples)}
    reports = {name: card.report({}, outcomes) for name, outcomes in sides.items()}
    tables = [
        Table(f"{told.data.name}: {name}: {table.title}", table.heads, table.rows)
        for name, made in reports.items() for table in (made.tables[0], made.tables[2])
    ]  # fmt: skip
    medians = {name: {row[0]: row[1] for row in made.tables[2].rows} for name, made in reports.items()}
    ratios = [[kind, round(medians["rapidocr 3.10"][kind] / ours, 1)] for kind, ours in medians["ours"].items()]
    tables.append(Table("CPU time, peer / ours, of medians", ("kind", "times"), ratios))
    made = Report("card_peers", {"folder": told.data.name, "pictures": len(samples)}, tables)
    print(made.text())
    if told.out:
        made.write(told.out)


if __name__ == "__main__":
    main()
