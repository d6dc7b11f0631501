"""The files of `netmeta deploy` are what systemd, Kubernetes, Prometheus, Compose and Grafana take."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from conftest import BINARY, ROOT, run

kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")


def test_the_unit_is_one_and_is_hardened(deploy):
    folder = deploy("systemd", "--binary", BINARY)
    unit = folder / "etc/systemd/system/netmeta.service"
    verified = run("systemd-analyze", "verify", "--man=no", str(unit))
    # A machine of tests has no user netmeta and perhaps no network target; nothing else may be wrong.
    assert [line for line in verified.stderr.splitlines() if "netmeta" in line] == []
    security = run("systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit))
    assert security.returncode == 0, security.stdout[-400:]


def test_host_sources_get_two_capabilities_and_no_more(deploy):
    unit = (deploy("systemd", "--binary", BINARY, "--host-sources") / "etc/systemd/system/netmeta.service").read_text()
    assert "CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW\n" in unit
    assert re.search("RestrictAddressFamilies=.*AF_PACKET", unit)


def test_files_that_people_changed_stay(deploy):
    folder = deploy("systemd")
    unit = folder / "etc/systemd/system/netmeta.service"
    assert run(BINARY, "deploy", "systemd", "--output", str(folder)).stdout.startswith("nothing to write")
    unit.write_text("mine\n")
    refused = run(BINARY, "deploy", "systemd", "--output", str(folder))
    assert refused.returncode == 1 and "--replace" in refused.stderr and unit.read_text() == "mine\n"
    written = run(BINARY, "deploy", "systemd", "--output", str(folder), "--replace")
    assert written.stdout == "etc/systemd/system/netmeta.service\n" and "ExecStart" in unit.read_text()


def test_every_manifest_is_valid_and_unprivileged():
    printed = run(BINARY, "deploy", "kubernetes", "--image", "registry.example/netmeta:1", "--host", "flows.example.net")
    documents = list(yaml.safe_load_all(printed.stdout))
    kinds = [document["kind"] for document in documents]
    assert kinds == ["Namespace", "Secret", "StatefulSet", "Service", "Service", "PodDisruptionBudget",
                     "NetworkPolicy", "Ingress"]
    for document in documents:
        kubernetes_validate.validate(document, "1.31", strict=True)
    pod = documents[2]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    flows = documents[3]["spec"]
    assert flows["externalTrafficPolicy"] == "Local"
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert all(port["targetPort"] in ports for service in documents[3:5] for port in service["spec"]["ports"])


def test_the_manifest_of_the_configuration_is_one_that_the_server_takes(tmp_path):
    printed = run(BINARY, "deploy", "kubernetes", "--image", "registry.example/netmeta:1")
    secret = next(d for d in yaml.safe_load_all(printed.stdout) if d["kind"] == "Secret")
    text = secret["stringData"]["netmeta.yaml"]
    settings = tmp_path / "netmeta.yaml"
    settings.write_text(text)
    refused = run(BINARY, "config", "check", str(settings))
    assert refused.returncode == 1 and "netmeta user hash" in refused.stderr
    line = run(BINARY, "user", "hash", "ada", input="correct horse\n").stdout.strip()
    settings.write_text(text.replace("users: {}", f"users: {{{line}}}"))
    taken = run(BINARY, "config", "check", str(settings))
    assert taken.returncode == 0, taken.stderr


@pytest.mark.parametrize("wrong", [
    ["--image", "a b"], ["--image", "x\"y"], ["--image", "x", "--namespace", "UPPER"],
    ["--image", "x", "--host", "a..b"], ["--image", "x", "--storage", "lots"], ["--image", "x", "--memory", "0Gi"],
])
def test_what_would_break_a_manifest_is_refused(wrong):
    refused = run(BINARY, "deploy", "kubernetes", *wrong)
    assert refused.returncode == 2 and wrong[-2] in refused.stderr and refused.stdout == ""


def test_alert_rules_fire_when_they_should(deploy):
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("promtool is missing (apt-get install prometheus)")
    folder = deploy("grafana") / "etc/prometheus"
    assert run(promtool, "check", "rules", str(folder / "netmeta.rules.yaml")).returncode == 0
    shutil.copy(Path(__file__).parent / "alerts.test.yaml", folder)
    tested = run(promtool, "test", "rules", str(folder / "alerts.test.yaml"))
    assert tested.returncode == 0, tested.stdout + tested.stderr
    rules = yaml.safe_load((folder / "netmeta.rules.yaml").read_text())["groups"][0]["rules"]
    tested = (folder / "alerts.test.yaml").read_text()
    assert [rule["alert"] for rule in rules if rule["alert"] not in tested] == []


def test_rules_and_boards_name_metrics_that_there_are(deploy):
    folder = deploy("grafana")
    sources = "".join(path.read_text() for path in (ROOT / "Sources").rglob("*.swift") if "Deploy" not in path.parts)
    texts = [(folder / "etc/prometheus/netmeta.rules.yaml").read_text()]
    texts += [path.read_text() for path in folder.rglob("*.json")]
    named = set(re.findall(r"netmeta_[a-z_]+", "".join(texts)))
    # Made of a unit: rows or datagrams.
    built = {name for name in named if name.endswith("_lost_total")}
    assert built == {"netmeta_rows_lost_total", "netmeta_datagrams_lost_total"}
    assert [name for name in sorted(named - built) if f'"{name}"' not in sources] == []


def test_dashboards_have_all_panels_and_only_known_sources(deploy):
    folder = deploy("grafana", "--sql", "10.0.0.1:8123", "--console", "https://flows.example.net")
    boards = {path.stem: json.loads(path.read_text()) for path in folder.rglob("*.json")}
    assert set(boards) == {"home", "overview", "relations", "health"}
    sources = yaml.safe_load((folder / "etc/grafana/provisioning/datasources/netmeta.yaml").read_text())["datasources"]
    known = {source["uid"] for source in sources}
    for name, board in boards.items():
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids))
        places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in board["panels"]]
        assert len(places) == len(set(places)) and all(x < 24 for x, _ in places)
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                assert target["datasource"]["uid"] in known
    drawn = [p for p in boards["overview"]["panels"] if p["type"] not in ("row", "stat")]
    assert len(drawn) == 25
    assert len(boards["relations"]["panels"]) == 8
    assert {p["type"] for p in boards["relations"]["panels"]} == {"netsage-sankey-panel"}
    names = {variable["name"] for variable in boards["overview"]["templating"]["list"]}
    used = set(re.findall(r"\$\{(\w+):", json.dumps(boards["overview"])))
    assert used <= names and {"sampler", "interface", "hostNames", "custom"} <= names
    assert "FROM events" in boards["overview"]["annotations"]["list"][0]["target"]["rawSql"]
    assert "https://flows.example.net" in json.dumps(boards["home"])


def test_the_compose_file_reads_as_one(deploy):
    folder = deploy("docker")
    service = yaml.safe_load((folder / "compose.yaml").read_text())["services"]["netmeta"]
    assert service["network_mode"] == "host" and service["read_only"] and service["cap_drop"] == ["ALL"]
    stages = re.findall(r"^FROM (\S+)", (folder / "Containerfile").read_text(), re.M)
    assert len(stages) == 2
