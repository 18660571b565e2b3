"""What lies in deploy/ says what the program says: its numbers, its paths, its probes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from shiming import connections
from shiming.settings import Settings
from shiming.telemetry.exposition import place
from shiming.web.http.body_pace import MAX_BODY
from shiming.web.http.streams import IDLE_SECONDS

DEPLOY = Path(__file__).parents[2] / "deploy"
YAML = sorted(DEPLOY.rglob("*.yaml"))


def documents(path: Path) -> list[dict]:
    return list(yaml.safe_load_all(path.read_text("utf-8")))


def variables(path: Path) -> dict[str, str]:
    lines = [line.lstrip("# ") for line in path.read_text("utf-8").splitlines()]
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))


def known(names) -> list[str]:
    """Names of settings that are none."""
    rows = {f"SHIMING_{name.upper()}" for name in Settings.__dataclass_fields__}
    return [name for name in names if name.startswith("SHIMING_") and name not in rows | {"SHIMING_IMAGE"}]


@pytest.mark.parametrize("path", YAML, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_yaml_is_yaml(path):
    assert all(isinstance(each, dict) for each in documents(path))


def test_every_setting_that_is_named_exists():
    texts = [path.read_text("utf-8") for path in DEPLOY.rglob("*") if path.is_file()]
    assert known({name for text in texts for name in re.findall(r"SHIMING_[A-Z_]+[A-Z]", text)}) == []


def workload(name: str) -> dict:
    return documents(DEPLOY / f"kubernetes/base/{name}.yaml")[0]["spec"]["template"]["spec"]


@pytest.mark.parametrize("name", ["serve", "work", "gate"])
def test_no_container_can_do_more_than_it_needs(name):
    pod = workload(name)
    assert pod["securityContext"]["runAsNonRoot"] and pod["automountServiceAccountToken"] is False
    assert "fsGroup" not in pod["securityContext"], "a key file that a group may read is refused"
    for container in (*pod["initContainers"], *pod["containers"]):
        safe = container["securityContext"]
        assert safe["readOnlyRootFilesystem"] and not safe["allowPrivilegeEscalation"]
        assert safe["capabilities"] == {"drop": ["ALL"]} and {"requests", "limits"} <= container["resources"].keys()


@pytest.mark.parametrize("name", ["serve", "gate"])
def test_live_and_ready_are_asked_apart(name):
    (container,) = workload(name)["containers"]
    probes = ("startupProbe", "livenessProbe", "readinessProbe")
    asked = {probe: container[probe]["httpGet"]["path"] for probe in probes}
    assert asked == {"startupProbe": "/v1/health", "livenessProbe": "/v1/health", "readinessProbe": "/v1/ready"}


def test_workers_never_become_more_than_the_connections_are_counted_for():
    (settings,) = documents(DEPLOY / "kubernetes/base/settings.yaml")
    most = int(settings["data"]["SHIMING_WORK_PROCESSES"])
    (keda,), (hpa,) = (documents(DEPLOY / f"kubernetes/{kind}/scale.yaml") for kind in ("keda", "hpa"))
    assert keda["spec"]["maxReplicaCount"] == hpa["spec"]["maxReplicas"] == most
    for name in ("serve", "gate"):
        replicas = documents(DEPLOY / f"kubernetes/base/{name}.yaml")[0]["spec"]["replicas"]
        assert replicas == int(settings["data"][f"SHIMING_{name.upper()}_PROCESSES"])


def listened(name: str) -> set[int]:
    (container,) = workload(name)["containers"]
    return {each["containerPort"] for each in container["ports"]}


def let_in(policy: str) -> set[int]:
    policies = documents(DEPLOY / "kubernetes/base/network.yaml")
    (found,) = [each for each in policies if each["metadata"]["name"] == policy]
    return {port["port"] for rule in found["spec"]["ingress"] for port in rule["ports"]}


def test_every_port_is_the_one_that_the_program_serves_on():
    """The policy let the watcher in at 9321, a number that nothing listened on, and no manifest named the setting."""
    (settings,) = documents(DEPLOY / "kubernetes/base/settings.yaml")
    named = settings["data"]["SHIMING_METRICS_PORT"]
    (host, own), (_, beside) = place(named), place(named, further=1)
    assert host == "0.0.0.0", "loopback inside of a pod is reached by nobody"
    api = Settings().port
    assert (listened("serve"), listened("work"), listened("gate")) == ({api, own, beside}, {own}, {api, own})
    assert (let_in("serve-from-ingress"), let_in("metrics-from-monitoring")) == ({api}, {own, beside})
    (watched,) = documents(DEPLOY / "observability/prometheus.yaml")[0]["scrape_configs"]
    (targets,) = (each["targets"] for each in watched["static_configs"])
    assert {int(each.rpartition(":")[2]) for each in targets} == {own, beside}
    texts = {path: (DEPLOY / path).read_text("utf-8") for path in (
        "Containerfile", "nginx/shiming.conf", "caddy/Caddyfile", "compose/compose.yaml")}  # fmt: skip
    assert {path for path, text in texts.items() if not re.search(rf"\b{api}\b", text)} == set()


def test_the_database_of_compose_has_room_for_all_connections():
    compose = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text("utf-8"))
    settings = Settings.load(variables(DEPLOY / "compose/shiming.env"))
    names = list(compose["services"])
    assert [sum(name.startswith(kind) for name in names) for kind in ("serve-", "work-", "gate-")] == [
        settings.serve_processes, settings.work_processes, settings.gate_processes]  # fmt: skip
    room = int(re.search(r"max_connections=(\d+)", str(compose["services"]["database"]["command"]))[1])
    assert connections.budget(settings).total() <= room - 3 - 20, "and some for whoever looks after it"
    proxy = compose["services"]["proxy"]["networks"]["outside"]["ipv4_address"]
    assert settings.trusted_proxies == proxy
    ports = [name for name, service in compose["services"].items() if "ports" in service]
    assert ports == ["proxy"]


def test_proxies_send_the_gate_what_is_its_own():
    """And nothing else, by the same pattern that the program goes by; a server answers where no gate does."""
    texts = {path: (DEPLOY / path).read_text("utf-8") for path in (
        "nginx/shiming.conf", "caddy/Caddyfile", "kubernetes/base/ingress.yaml")}  # fmt: skip
    for file, text in texts.items():
        (found,) = re.findall(r"\^?/v1/accounts/\S+", text)
        for path, own in (("/v1/accounts/a%2Fb/may/live", True), ("/v1/accounts/a/may", False),
                          ("/v1/accounts/a/may/live/x", False), ("/v1/accounts/a/holds", False)):  # fmt: skip
            assert bool(re.match(found, path)) == own, (file, path)
    assert "8321 backup;" in texts["nginx/shiming.conf"] and "lb_policy first" in texts["caddy/Caddyfile"]


def test_proxies_wait_as_long_as_we_do_and_keep_no_pictures():
    nginx, caddy = ((DEPLOY / place).read_text("utf-8") for place in ("nginx/shiming.conf", "caddy/Caddyfile"))
    for text, keepalive, size, read in (
        (nginx, r"keepalive_timeout (\d+)s", r"client_max_body_size\s+(\d+)m", r"proxy_read_timeout\s+(\d+)s"),
        (caddy, r"keepalive (\d+)s", r"max_size (\d+)MB", r"read_timeout (\d+)s"),
    ):
        found = [int(re.search(pattern, text)[1]) for pattern in (keepalive, size, read)]
        assert found[0] < 20 and found[1] > MAX_BODY >> 20 and found[2] > IDLE_SECONDS
    assert "proxy_request_buffering off" in nginx and not re.search(r"buffer_requests|request_buffers", caddy)
    assert not re.search(r"^\s*proxy_set_header.*proxy_add_x_forwarded_for", nginx, re.MULTILINE)


UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_are_hardened(unit):
    text = unit.read_text("utf-8")
    wanted = ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n", "PrivateTmp=yes", "UMask=0077")
    assert [line for line in wanted if line not in text] == []
    commands = "serve|work|gate|mail listen|backup write"
    assert re.search(rf"^ExecStart=/opt/shiming/bin/shiming ({commands})$", text, re.MULTILINE)


def test_systemd_understands_the_units(tmp_path):
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text("utf-8").replace("/opt/shiming/bin/shiming", "/bin/true"))
    if not (program := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not on this machine")
    done = subprocess.run([program, "verify", *map(str, tmp_path.iterdir())], capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (0, "")
