"""The files of `netmeta deploy` are what systemd, Kubernetes, Prometheus, Compose and Grafana take."""

import json
import os
import re
import shutil
import subprocess
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


def roles(deploy, *arguments):
    """Manifests by role, as (file, document)."""
    folder = deploy("kubernetes", "--roles", "--image", "registry.example/netmeta:1", *arguments)
    return [(path.stem, document) for path in sorted(folder.glob("*.yaml"))
            for document in yaml.safe_load_all(path.read_text())]


def test_manifests_by_role_are_valid_and_fit_each_other(deploy):
    documents = roles(deploy, "--host", "flows.example.net", "--collectors", "4", "--stores", "3")
    kinds = {}
    for file, document in documents:
        kinds.setdefault(file, []).append(document["kind"])
    assert kinds == {
        "1-namespace": ["Namespace", "Secret"],
        "2-kafka": ["KafkaNodePool", "Kafka", "KafkaTopic", "KafkaUser"],
        "3-clickhouse": ["ClickHouseInstallation"],
        "4-collector": ["StatefulSet", "Service", "Service", "PodDisruptionBudget"],
        "5-store": ["Deployment", "Service", "PodDisruptionBudget"],
        "6-console": ["StatefulSet", "Service", "Ingress"],
        "7-network": ["NetworkPolicy", "NetworkPolicy"]}
    # Kubernetes' own schemas; those of the operators' resources weren't at hand, so these are held by their structure.
    operators = {"kafka.strimzi.io/v1", "clickhouse.altinity.com/v1", "clickhouse-keeper.altinity.com/v1"}
    for _, document in documents:
        if document["apiVersion"] not in operators:
            kubernetes_validate.validate(document, "1.31", strict=True)
    by_name = {(document["kind"], document["metadata"]["name"]): document for _, document in documents}
    sets = [by_name["StatefulSet", "netmeta-collector"], by_name["Deployment", "netmeta-store"],
            by_name["StatefulSet", "netmeta-console"]]
    assert [one["spec"]["replicas"] for one in sets] == [4, 3, 1]
    made = {"netmeta", "netmeta-flows", "netmeta-cluster-ca-cert", "netmeta-clickhouse"}
    for one, role in zip(sets, ["collector", "store", "console"]):
        pod = one["spec"]["template"]["spec"]
        container = pod["containers"][0]
        assert container["args"][:3] == ["serve", "--role", role]
        assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        claims = {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])}
        assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes) | claims
        assert {v["secret"]["secretName"] for v in volumes.values() if "secret" in v} == made
        labels = one["spec"]["template"]["metadata"]["labels"]
        services = [d for _, d in documents if d["kind"] == "Service" and d["spec"]["selector"].items() <= labels.items()]
        ports = {port["name"] for port in container["ports"]}
        assert services and all(port["targetPort"] in ports for s in services for port in s["spec"]["ports"])
    flows = by_name["Service", "netmeta-flows"]["spec"]
    assert flows["externalTrafficPolicy"] == "Local" and flows["sessionAffinity"] == "ClientIP"
    assert flows["selector"]["app.kubernetes.io/component"] == "collector"
    assert by_name["Ingress", "netmeta"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] \
        == "netmeta-console"


def test_operators_make_what_the_roles_use(deploy, tmp_path):
    documents = {document["kind"]: document for _, document in roles(deploy, "--replicas", "2", "--brokers", "5")}
    settings = yaml.safe_load(documents["Secret"]["stringData"]["netmeta.yaml"])
    kafka, store = settings["kafka"], settings["store"]
    user, topic, cluster = documents["KafkaUser"], documents["KafkaTopic"], documents["Kafka"]
    assert kafka["user"] == user["metadata"]["name"] and kafka["topic"] == topic["metadata"]["name"]
    assert kafka["sasl"] == user["spec"]["authentication"]["type"]
    rights = {(acl["resource"]["type"], acl["resource"]["name"]): acl["operations"]
              for acl in user["spec"]["authorization"]["acls"]}
    assert rights == {("topic", kafka["topic"]): ["Describe", "Read", "Write"], ("group", kafka["group"]): ["Describe", "Read"]}
    listener = cluster["spec"]["kafka"]["listeners"][0]
    assert listener["tls"] and listener["authentication"]["type"] == kafka["sasl"]
    assert kafka["brokers"] == [f"{cluster['metadata']['name']}-kafka-bootstrap:{listener['port']}"]
    assert all(documents[kind]["metadata"]["labels"]["strimzi.io/cluster"] == cluster["metadata"]["name"]
               for kind in ("KafkaNodePool", "KafkaTopic", "KafkaUser"))
    assert documents["KafkaNodePool"]["spec"]["replicas"] == 5 and topic["spec"]["replicas"] == 3
    installation, keeper = documents["ClickHouseInstallation"], documents["ClickHouseKeeperInstallation"]
    layout = installation["spec"]["configuration"]["clusters"][0]
    name = installation["metadata"]["name"]
    assert store["servers"] == [f"http://chi-{name}-{layout['name']}-0-{replica}:8123"
                                for replica in range(layout["layout"]["replicasCount"])]
    assert f"{store['user']}/k8s_secret_password" in installation["spec"]["configuration"]["users"]
    assert installation["spec"]["configuration"]["zookeeper"]["nodes"][0]["host"] == f"keeper-{keeper['metadata']['name']}"

    # The server takes the settings, once there are users and the files of the Secrets.
    text = documents["Secret"]["stringData"]["netmeta.yaml"]
    for file in re.findall(r"/etc/[\w./-]+", text):
        there = tmp_path / "secrets" / file.replace("/", "_")
        there.parent.mkdir(exist_ok=True)
        there.write_text("secret\n")
        text = text.replace(file, str(there))
    line = run(BINARY, "user", "hash", "ada", input="correct horse\n").stdout.strip()
    (tmp_path / "netmeta.yaml").write_text(text.replace("users: {}", f"users: {{{line}}}"))
    taken = run(BINARY, "config", "check", str(tmp_path / "netmeta.yaml"))
    assert taken.returncode == 0, taken.stderr


def on_nodes(*kinds):
    """Manifests by role with collectors on nodes."""
    words = [word for kind in kinds for word in ("--nodes", kind)]
    printed = run(BINARY, "deploy", "kubernetes", "--roles", "--image", "registry.example/netmeta:1", *words)
    return list(yaml.safe_load_all(printed.stdout))


def enforced(documents):
    return documents[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]


def test_a_collector_on_each_node_has_the_rights_of_its_sources_and_no_other():
    assert enforced(on_nodes()) == "restricted" and enforced(on_nodes("conntrack")) == "privileged"
    node = on_nodes("mirror", "conntrack", "mirror")[-1]
    kubernetes_validate.validate(node, "1.31", strict=True)
    pod = node["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert node["kind"] == "DaemonSet" and pod["hostNetwork"] and pod["dnsPolicy"] == "ClusterFirstWithHostNet"
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN", "NET_RAW"]}}
    assert pod["volumes"][0]["hostPath"]["path"] == "/var/lib/netmeta-node" and "ports" not in container
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert {container[probe]["httpGet"]["host"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")} == {"127.0.0.1"}
    for kind, rights in {"conntrack": ["NET_ADMIN"], "mirror": ["NET_RAW"], "nflog": ["NET_ADMIN"]}.items():
        only = on_nodes(kind)[-1]["spec"]["template"]["spec"]["containers"][0]
        assert only["securityContext"]["capabilities"]["add"] == rights


def test_the_node_s_settings_are_ones_that_the_server_takes(tmp_path):
    """The environment over the Secret's file, as the pod has them: nothing listens beyond loopback, rows have the node's address."""
    container = on_nodes("conntrack", "mirror")[-1]["spec"]["template"]["spec"]["containers"][0]
    environment = {entry["name"]: entry["value"].replace("$(NODE_IP)", "2001:db8::7")
                   for entry in container["env"] if "value" in entry}
    settings = tmp_path / "netmeta.yaml"
    settings.write_text('console: {listen: "0.0.0.0:8080"}\nkafka: {brokers: ["netmeta-kafka-bootstrap:9093"]}\n')
    shown = run(BINARY, "config", "show", "--config", str(settings), env={**os.environ, **environment})
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("2001:db8::7") == 2 and "127.0.0.1:18080" in shown.stdout and "0.0.0.0:8080" not in shown.stdout
    alone = run(BINARY, "deploy", "kubernetes", "--image", "x", "--nodes", "conntrack")
    assert alone.returncode == 2 and "--roles" in alone.stderr


NODE = """
ip link set lo up && ip link add eth0 type veth peer name peer && ip link set peer up
ip addr add 192.0.2.9/24 dev eth0 && ip link set eth0 up && ip route add default dev eth0
exec setpriv --bounding-set=-all,+net_admin,+net_raw --inh-caps=-all --no-new-privs "$@"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
def test_the_node_s_collector_starts_with_its_rights_alone(tmp_path):
    """The container's command, environment and capabilities in a network of its own; there is no broker."""
    container = on_nodes("conntrack", "mirror")[-1]["spec"]["template"]["spec"]["containers"][0]
    environment = {entry["name"]: entry["value"].replace("$(NODE_IP)", "192.0.2.9")
                   for entry in container["env"] if "value" in entry}
    (tmp_path / "netmeta.yaml").write_text('kafka: {brokers: ["127.0.0.1:9"]}\n')
    words = [word.replace("/etc/netmeta", str(tmp_path)).replace("/var/lib/netmeta", str(tmp_path / "data"))
             for word in container["args"]]
    process = subprocess.Popen(["unshare", "-n", "sh", "-ec", NODE, "sh", BINARY, *words], env={**os.environ, **environment},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "ready\n":
                break
        assert lines[-1:] == ["ready\n"], process.stderr.read()
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert re.search("^CapBnd:\t0000000000003000$", status, re.MULTILINE)
    finally:
        process.terminate()
        assert process.wait(60) == 0


def test_names_of_services_do_not_become_settings():
    """Kubernetes puts NETMETA_CONSOLE_PORT and the like into pods beside a Service netmeta-console, unless told not to."""
    pods = [d["spec"]["template"]["spec"] for d in on_nodes("conntrack")
            if d["kind"] in ("StatefulSet", "Deployment", "DaemonSet")]
    assert len(pods) == 4 and all(pod["enableServiceLinks"] is False for pod in pods)


@pytest.mark.parametrize("name, arguments", [
    ("server", ["--host", "flows.example.net", "--storage", "1Ti", "--memory", "8Gi", "--namespace", "x"]),
    ("roles", ["--roles", "--host", "flows.example.net", "--collectors", "2", "--stores", "20", "--brokers", "1",
               "--replicas", "2", "--namespace", "flows"]),
    ("nodes", ["--roles", "--nodes", "conntrack", "--nodes", "mirror"]),
])
def test_manifests_are_as_they_were(name, arguments):
    """UPDATE_GOLDENS=1 writes them anew."""
    golden = Path(__file__).parent / "golden" / f"kubernetes-{name}.yaml"
    printed = run(BINARY, "deploy", "kubernetes", "--image", "registry.example/netmeta:1", *arguments).stdout
    if os.environ.get("UPDATE_GOLDENS"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(printed)
    assert printed == golden.read_text()


@pytest.mark.parametrize("wrong", [
    ["--image", "a b"], ["--image", "x\"y"], ["--image", "x", "--namespace", "UPPER"],
    ["--image", "x", "--roles", "--stores", "0"], ["--image", "x", "--roles", "--brokers", "4"],
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
    # Ad-hoc filters: the plug-in takes the table from this statement, and looks for it in those of the panels.
    adhoc = {variable["type"]: variable for variable in boards["overview"]["templating"]["list"]}
    assert adhoc["adhoc"]["datasource"]["uid"] in known
    assert adhoc["constant"]["name"] == "clickhouse_adhoc_query"
    assert re.fullmatch(r"SELECT [\w, ]+ FROM flows_raw LIMIT 1000", adhoc["constant"]["query"])
    assert all("flows_raw" in target["rawSql"] for panel in drawn for target in panel["targets"] if "rawSql" in target)
    assert "FROM events" in boards["overview"]["annotations"]["list"][0]["target"]["rawSql"]
    assert "https://flows.example.net" in json.dumps(boards["home"])


def test_the_compose_file_reads_as_one(deploy):
    folder = deploy("docker")
    service = yaml.safe_load((folder / "compose.yaml").read_text())["services"]["netmeta"]
    assert service["network_mode"] == "host" and service["read_only"] and service["cap_drop"] == ["ALL"]
    stages = re.findall(r"^FROM (\S+)", (folder / "Containerfile").read_text(), re.M)
    assert len(stages) == 2
