"""The clients as people get them: built, installed from the built file in an empty environment, and used against a
server by their READMEs' blocks and their examples. Needs a package index and npm. Result: bench/results/clients.json.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from shiming_client import testing

from shiming import demo
from tools.clients.__main__ import CLIENTS, DOCUMENT
from tools.site.examples import Example
from tools.site.reference import BEGIN, calls

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "bench" / "results" / "clients.json"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CALLS = list(calls(json.loads(DOCUMENT.read_text("utf-8"))))
pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def told(**figures) -> None:
    kept = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    RESULT.write_text(json.dumps(kept | figures, indent=1, sort_keys=True) + "\n", "utf-8")


def run(*command, folder: Path, **environment: str) -> str:
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True,
                          env=os.environ | environment)  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with demo.server(tmp_path_factory.mktemp("clients"), requests_per_minute="100000000") as running:
        yield running


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    made = CLIENTS["python"](tmp_path_factory.mktemp("wheel"))
    told(python={"bytes": made.stat().st_size})
    return made


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """An environment that has the wheel, what it asks for, and what the examples run on."""
    home = tmp_path_factory.mktemp("python")
    run(sys.executable, "-m", "venv", home, folder=home)
    run(home / "bin" / "pip", "install", "--quiet", wheel, "flask", "fastapi", "uvicorn", "mypy", folder=home)
    return home / "bin"


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A folder that has the package, what it asks for, and what the example runs on."""
    made = CLIENTS["typescript"](tmp_path_factory.mktemp("tgz"))
    told(typescript={"bytes": made.stat().st_size})
    home = tmp_path_factory.mktemp("node")
    (home / "package.json").write_text('{"private": true, "type": "module"}', "utf-8")
    run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", made, "express@5", "typescript@5.9.3",
        "@types/node@24", folder=home)  # fmt: skip
    return home


def blocks(client, language, server):
    text = (ROOT / "clients" / client / "README.md").read_text("utf-8")
    here = text.replace("https://id.your.app", server.address).replace("sk_test_…", server.key)
    return re.findall(rf"```{language}\n(.*?)```", here, re.DOTALL)


def test_the_blocks_of_the_python_readme_run(python, server, tmp_path):
    first, second, third = blocks("python", "python", server)
    said = run(python / "python", "-c", first, folder=tmp_path)
    assert f"{server.address}/v/" in said and "not_found" in said
    assert f"{server.address}/v/" in run(python / "python", "-c", second, folder=tmp_path)
    assert run(python / "python", "-c", third, folder=tmp_path).split()[-1] in ("checking", "needs_input")


def test_what_is_typed_is_right_by_mypy(python, server, tmp_path):
    (tmp_path / "typed.py").write_text(blocks("python", "python", server)[0], "utf-8")
    run(python / "mypy", "--strict", "--follow-imports=silent", "typed.py", folder=tmp_path)
    wrong = 'Shiming().create_verification(account="li", level="highest")\n'
    (tmp_path / "wrong.py").write_text(f"from shiming_client import Shiming\n{wrong}", "utf-8")
    done = subprocess.run([python / "mypy", "wrong.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "level" in done.stdout, done.stdout


WALK = """
import asyncio, sys, time
from shiming_client import AsyncShiming, Shiming
from shiming_client.testing import NUMBER, PASSES
with Shiming() as api:
    made = api.create_verification(account="sync", level="basic", idempotency_key="walk-1")
    assert api.create_verification(account="sync", level="basic", idempotency_key="walk-1").id == made.id
    api.give_identity(made.id, name=PASSES, number=NUMBER)
    api.submit_verification(made.id)
    while (seen := api.get_verification(made.id)).state == "checking":
        time.sleep(0.2)
    print(seen.state, api.check_capability("sync", "live").allowed, api.get_standing("sync").standing)
async def walk():
    async with AsyncShiming() as api:
        made = await api.create_verification(account="async", level="basic")
        await api.give_identity(made.id, name="王不符", number=NUMBER)
        await api.submit_verification(made.id)
        while (seen := await api.get_verification(made.id)).state == "checking":
            await asyncio.sleep(0.2)
        print(seen.state, [each.code for each in seen.reasons])
asyncio.run(walk())
"""


def test_a_whole_verification_in_python(python, server, tmp_path):
    said = run(python / "python", "-c", WALK, folder=tmp_path, SHIMING_URL=server.address, SHIMING_KEY=server.key)
    assert said.split("\n")[0].startswith("approved") and "needs_input ['name_number_mismatch']" in said


def test_every_python_example_of_the_reference_fits_its_method(python, tmp_path):
    lines = [Example(*each).python() for each in CALLS]
    script = f"""
import ast, inspect
from shiming_client import AsyncShiming, Shiming
for line in {lines!r}:
    call = next(n for n in ast.walk(ast.parse(line)) if isinstance(n, ast.Call))
    for kind in (Shiming, AsyncShiming):
        inspect.signature(getattr(kind, call.func.attr)).bind(None, *call.args, **{{k.arg: 1 for k in call.keywords}})
print(len({lines!r}))
"""
    assert int(run(python / "python", "-c", script, folder=tmp_path)) == len(CALLS)


def test_the_block_of_the_typescript_readme_compiles_strictly_and_runs(node, server):
    (block,) = blocks("typescript", "ts", server)
    (node / "readme.ts").write_text(block, "utf-8")
    compiled(node, "readme.ts")
    said = run("node", "readme.js", folder=node, SHIMING_KEY=server.key)
    assert f"{server.address}/v/" in said and "not_found" in said


def compiled(node, name):
    run("node_modules/.bin/tsc", "--strict", "--target", "es2022", "--module", "nodenext", "--lib",
        "es2022,dom,dom.iterable", "--skipLibCheck", "--types", "node", name, folder=node)  # fmt: skip


def test_every_typescript_example_of_the_reference_compiles(node):
    body = "".join(f"export async function {e.id}(blob: Blob) {{ {e.typescript()}; return answer }}\n"
                   for e in (Example(*each) for each in CALLS))  # fmt: skip
    (node / "reference.ts").write_text(f"{BEGIN['TypeScript']}\nvoid [file, form]\n{body}", "utf-8")
    compiled(node, "reference.ts")


JS = """
import { shiming, ok, verifyWebhook, launched, NotOurs, ShimingError } from 'shiming-client'
import { Clock, delivery, NUMBER, OUTCOMES } from 'shiming-client/testing'
const [clock, secret] = [new Clock(), 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']
const { body, headers } = await delivery(secret, 'account.normal', { account: 'li' }, clock.now)
const event = await verifyWebhook(body, headers, ['whsec_AAAA', secret], clock.now)
console.log(event.type, event.data.account)
for (const [b, h, s, n] of [['{}', headers, secret, clock.now], [body, headers, 'whsec_AAAA', clock.now],
    [body, headers, secret, clock.now + 301], [body, {}, secret, clock.now]]) {
  try { await verifyWebhook(b, h, s, n); console.log('believed') } catch (e) { if (!(e instanceof NotOurs)) throw e }
}
const answers = [503, 429, 201], keys = new Set()
const fetched = async (request) => {
  keys.add(request.headers.get('idempotency-key'))
  const status = answers.shift(), type = status < 300 ? 'application/json' : 'application/problem+json'
  return new Response('{"code":"busy"}', { status, headers: { 'content-type': type, 'retry-after': '3' } })
}
const api = shiming({ baseUrl: 'http://id.test', key: 'k', fetch: fetched, retries: clock.retries() })
await ok(api.POST('/v1/verifications', { body: { account: 'li' } }))
console.log(clock.waited.join(), keys.size)
const real = shiming({ baseUrl: process.env.SHIMING_URL, key: process.env.SHIMING_KEY })
const made = await ok(real.POST('/v1/verifications', { body: { account: 'ts', level: 'basic' } }))
const path = { id: made.id }
const typed = { name: OUTCOMES.name_number_mismatch, number: NUMBER }
await ok(real.POST('/v1/verifications/{id}/identity', { params: { path }, body: typed }))
await ok(real.POST('/v1/verifications/{id}/submit', { params: { path } }))
let seen
do { seen = await ok(real.GET('/v1/verifications/{id}', { params: { path } })) } while (seen.state === 'checking')
console.log(seen.state, seen.reasons[0].code)
console.log((await launched(made.url, made.id, 'android', '5.13', 's')).includes('launch='))
"""


def test_a_whole_verification_in_javascript(node, server):
    (node / "walk.mjs").write_text(JS, "utf-8")
    said = run("node", "walk.mjs", folder=node, SHIMING_URL=server.address, SHIMING_KEY=server.key)
    assert said.split("\n")[:4] == ["account.normal li", "3,3 1", "needs_input name_number_mismatch", "true"]


@contextmanager
def running(command, folder, server):
    """A platform of the examples, on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    given = {"SHIMING_URL": server.address, "SHIMING_KEY": server.key, "SHIMING_WEBHOOK_SECRET": SECRET, "PORT": port}
    named = [port if part == "PORT" else str(part) for part in command]
    process = subprocess.Popen(named, cwd=folder, env=os.environ | given)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"X-User": "li"}, timeout=60) as client:
            for _ in range(300):
                try:
                    client.get("/")
                    break
                except httpx.TransportError:
                    time.sleep(0.2)
            yield client
    finally:
        process.terminate()
        process.wait(30)


def uses(client, server):
    """Go live, verify, be told, and be asked for what there is not."""
    refused = client.post("/live")
    assert refused.status_code == 403 and refused.json()["verify"].startswith(server.address)
    begun = client.post("/verify")
    assert begun.status_code == 303 and begun.headers["location"].startswith(server.address)
    body, headers = testing.delivery(SECRET, "verification.approved", {"verification": "ver_1"}, time.time())
    assert [client.post("/hooks/shiming", content=body, headers=headers).status_code for _ in "12"] == [204, 204]
    forged = {**headers, "webhook-id": "msg_other"}
    assert client.post("/hooks/shiming", content=body, headers=forged).status_code == 400
    wrong = client.post("/verify", headers={"X-User": "a/b"})
    assert wrong.status_code == 422 and wrong.json()["code"] == "bad_input" and wrong.json()["id"]


def test_the_flask_example(python, server):
    command = [python / "python", "-m", "flask", "--app", "flask_app", "run", "--port", "PORT"]
    with running(command, ROOT / "clients" / "python" / "examples", server) as client:
        uses(client, server)


def test_the_fastapi_example(python, server):
    command = [python / "python", "-m", "uvicorn", "fastapi_app:app", "--port", "PORT"]
    with running(command, ROOT / "clients" / "python" / "examples", server) as client:
        uses(client, server)


def test_the_express_example(node, server):
    source = ROOT / "clients" / "typescript" / "examples" / "express.mjs"
    (node / "express.mjs").write_text(source.read_text("utf-8"), "utf-8")
    with running(["node", "express.mjs"], node, server) as client:
        uses(client, server)
