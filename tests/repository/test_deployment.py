"""The files that deploy the project name what exists: files, packages, commands, ports and environment variables.

docs/deploy says what was checked with the tools of each platform.
"""

import importlib
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml
from cyclopts import App

from docs.reference import environment
from imgcls.cli.commands import train
from imgcls.cli.main import COMMANDS
from imgcls.jobs import backends
from imgcls.system import paths

ROOT = paths.repository_folder()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
TARGETS = ("service", "playground")
UNIT = (ROOT / "deploy" / "systemd" / "imgcls.service").read_text("utf-8")
GUIDES = sorted((ROOT / "docs" / "deploy").glob("*.md"))


class Template(yaml.SafeLoader):
    """Reads CloudFormation: `!Ref x` becomes {"Ref": "x"}."""


def _tag(loader: yaml.Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_mapping(node, deep=True)}


Template.add_multi_constructor("!", _tag)


def stages() -> dict[str, list[tuple[str, str]]]:
    """Of each stage of the Dockerfile: its instructions, after those of the stages that it is built from."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    found: dict[str, list[tuple[str, str]]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("ARG"):
            continue
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            instructions = found[name] = list(found.get(base, []))
        else:
            instructions.append((instruction, rest.strip()))
    return found


def last(target: str, instruction: str) -> str:
    return [rest for name, rest in stages()[target] if name == instruction][-1]


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))


def cloud() -> dict[str, Any]:
    return yaml.load((ROOT / "deploy" / "aws" / "service.yaml").read_text("utf-8"), Template)


def containers() -> dict[str, dict[str, Any]]:
    task = cloud()["Resources"]["Task"]["Properties"]
    return {container["Name"]: container for container in task["ContainerDefinitions"]}


def source_text() -> str:
    return "\n".join(path.read_text("utf-8") for path in (ROOT / "imgcls").rglob("*.py"))


def check_command(tokens: list[str]) -> dict[str, Any]:
    """The arguments of a command line of imgcls; an unknown command or option raises an error."""
    module, _, name = COMMANDS[tokens[0]][0].partition(":")
    function = getattr(importlib.import_module(f"imgcls.cli.commands.{module}"), name)
    if function is train.command:
        function = train.command(tokens[1:])  # its options depend on the model
    app = App()
    app.default(function)
    _, bound, _ = app.parse_args(tokens[1:], print_error=False, exit_on_error=False)
    return bound.arguments


def values(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield key, value
            yield from values(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from values(value)


@pytest.mark.parametrize("target", TARGETS)
def test_every_copied_path_is_in_the_repository_and_the_build_context(target):
    ignored = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] not in ("", "#")]
    assert ignored[0] == "*"
    kept = [line[1:] for line in ignored if line.startswith("!")]
    copied = [rest.split()[:-1] for name, rest in stages()[target] + stages()["wheel"] if name == "COPY"]
    sources = [source for words in copied if not words[0].startswith("--from") for source in words]
    assert {"imgcls", "pages", "app.py"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists()
        assert any(fnmatch(source, entry) or entry.startswith(f"{source}/") for entry in kept)


def test_the_build_context_contains_everything_the_wheel_needs():
    included = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = {word for name, rest in stages()["wheel"] if name == "COPY" for word in rest.split()[:-1]}
    for needed in [*included["packages"], *included["force-include"], PROJECT["readme"], *PROJECT["license-files"]]:
        assert needed in kept
        assert needed.split("/")[0] in copied


@pytest.mark.parametrize("target", TARGETS)
def test_container_images_install_existing_extras(target):
    installed = " ".join(rest for name, rest in stages()[target] if name == "RUN")
    extras = {extra for group in re.findall(r"\[([a-z,]+)\]", installed) for extra in group.split(",")}
    assert extras <= set(PROJECT["optional-dependencies"])
    assert bool(extras) == (target == "playground")


def test_the_service_requirements_exclude_tensorflow_and_streamlit_and_match_the_package():
    lines = (ROOT / "requirements-serve.txt").read_text("utf-8").splitlines()
    needed = {line for line in lines if not line.startswith("#")}
    extra = set(PROJECT["optional-dependencies"]["serve"])
    assert extra <= needed <= extra | set(PROJECT["dependencies"])
    assert not [line for line in needed if line.startswith(("tensorflow", "keras", "streamlit"))]


@pytest.mark.parametrize(("target", "option"), [("service", "host"), ("playground", "address")])
def test_a_container_listens_externally_and_has_a_health_check(target, option):
    assert json.loads(last(target, "ENTRYPOINT")) == ["imgcls"]
    arguments = check_command(json.loads(last(target, "CMD")))
    assert arguments[option] == "0.0.0.0"
    assert last(target, "EXPOSE") == str(arguments["port"])
    assert f"http://127.0.0.1:{arguments['port']}/" in last(target, "HEALTHCHECK")


@pytest.mark.parametrize("target", TARGETS)
def test_a_container_does_not_run_as_root_and_only_writes_to_volumes(target):
    assert last(target, "USER") == "1000:1000"
    folders = json.loads(last(target, "VOLUME"))
    settings = dict(
        pair.split("=", 1) for name, rest in stages()[target] if name == "ENV" for pair in shlex.split(rest)
    )
    for name in ("HOME", "XDG_DATA_HOME", "IMGCLS_CACHE", "KERAS_HOME"):
        assert any(settings[name].startswith(folder) for folder in folders)


def test_every_compose_service_is_hardened_and_has_its_volumes():
    file = compose()
    for name, service in file["services"].items():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        for volume in service["volumes"]:
            source, folder = volume.split(":")[:2]
            assert source in file["volumes"] or (ROOT / "deploy" / source).is_file()
            assert name == "proxy" or folder in json.loads(last(service["build"]["target"], "VOLUME"))


def test_the_proxy_targets_the_container_ports():
    text = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")
    targets = dict(re.findall(r"(?:\{\$\w+:)?(\w+):(\d+)\}?$", text, re.MULTILINE))
    assert targets == {name: last(name, "EXPOSE") for name in TARGETS}
    given = compose()["services"]["proxy"]["environment"]
    assert {"IMGCLS_DOMAIN", "IMGCLS_LOGIN", "IMGCLS_USER", "IMGCLS_PASSWORD_HASH"} == set(given)
    assert all(f"{{${name}" in text for name in given)


def test_the_aws_task_matches_port_volumes_and_user_of_the_container():
    service = containers()["service"]
    port = int(last("service", "EXPOSE"))
    assert [mapping["ContainerPort"] for mapping in service["PortMappings"]] == [port]
    assert service["HealthCheck"]["Command"] == ["CMD", *json.loads(last("service", "HEALTHCHECK").split("CMD ")[1])]
    assert service["User"] == last("service", "USER")
    assert service["ReadonlyRootFilesystem"] is True
    mounted = [point["ContainerPath"] for point in service["MountPoints"]]
    assert sorted(mounted) == sorted(json.loads(last("service", "VOLUME")))
    assert "/data/imgcls/runs" in containers()["runs"]["Command"]


def test_the_aws_template_only_references_defined_resources():
    template = cloud()
    defined = set(template["Parameters"]) | set(template["Resources"])
    referred = {value for key, value in values(template) if key == "Ref" and not value.startswith("AWS::")}
    referred |= {value.split(".")[0] for key, value in values(template) if key == "GetAtt"}
    assert len(referred) > 15
    assert referred <= defined
    assert set(template["Parameters"]) <= referred


def test_the_health_check_urls_are_routes_of_the_service():
    from imgcls.api import application
    from imgcls.api.routes import health

    routes = {f"{application.PREFIX}{route.path}" for route in health.router.routes}
    targets = cloud()["Resources"]["Targets"]["Properties"]
    assert {"/api/health", targets["HealthCheckPath"]} <= routes
    assert "/api/health" in last("service", "HEALTHCHECK")


def test_the_systemd_unit_binds_the_app_to_localhost():
    command = shlex.split(re.search(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)[1])
    arguments = check_command(command[1:])
    assert (arguments["address"], str(arguments["port"])) == ("127.0.0.1", last("playground", "EXPOSE"))


def test_the_unit_lets_the_sandbox_of_imported_models_leave_the_network():
    assert "RestrictNamespaces=user net" in UNIT.splitlines()


def environment_names() -> set[str]:
    texts = [UNIT, *(path.read_text("utf-8") for path in GUIDES)]
    texts += [
        (ROOT / name).read_text("utf-8") for name in ("Dockerfile", "deploy/compose.yaml", "deploy/aws/service.yaml")
    ]
    return {name for text in texts for name in re.findall(r"\bIMGCLS_[A-Z_]+\b", text)}


def test_the_environment_variables_exist():
    of_the_proxy = set(re.findall(r"\{\$(\w+)", (ROOT / "deploy" / "Caddyfile").read_text("utf-8")))
    of_the_tests = {"IMGCLS_SLOW"}
    known = set(re.findall(r"\bIMGCLS_[A-Z_]+\b", source_text())) | of_the_proxy | of_the_tests
    assert environment_names() <= known


def test_the_streamlit_settings_exist():
    from streamlit import config

    options = {
        "STREAMLIT_" + re.sub(r"([A-Z]+)", r"_\1", key).replace(".", "_").upper() for key in config.get_config_options()
    }
    files = [ROOT / "Dockerfile", ROOT / "deploy" / "compose.yaml", *GUIDES]
    texts = [path.read_text("utf-8") for path in files]
    used = {name for text in texts for name in re.findall(r"\bSTREAMLIT_[A-Z_]+\b", text)}
    assert "STREAMLIT_SERVER_ALLOWED_HOSTS" in used
    assert used <= options
    assert not [name for name in used if "ENABLE_CORS" in name or "ENABLE_XSRF" in name]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_documents_what_was_tested_and_names_existing_files(guide):
    text = guide.read_text("utf-8")
    if guide.stem != "README":
        assert "## What was tried" in text
    for path in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (guide.parent / path).exists(), path
    for path in re.findall(r"\bdeploy/[\w./-]+\w", text):
        assert (ROOT / path).exists() or (ROOT / "docs" / path).exists(), path


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_the_commands_of_a_guide_exist(guide):
    blocks = re.findall(r"```(?:\w*)\n(.*?)```", guide.read_text("utf-8"), re.DOTALL)
    for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
        words = line.split("#")[0].split()
        if words and words[0].removeprefix("/opt/imgcls/bin/") == "imgcls":
            check_command(shlex.split(" ".join(words[1:])))


def test_the_kubernetes_manifest_agrees_with_the_code():
    documents = {
        (entry["kind"], entry["metadata"]["name"]): entry
        for entry in yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / "imgcls.yaml").read_text("utf-8"))
    }
    ray = documents["RayCluster", "imgcls"]["spec"]
    pods = [ray["headGroupSpec"]["template"], ray["workerGroupSpecs"][0]["template"]]
    app = documents["Deployment", "imgcls"]["spec"]["template"]
    for pod in [*pods, app]:
        (volume,) = pod["spec"]["volumes"]
        assert pod["spec"]["securityContext"] == {"runAsUser": 1000, "runAsNonRoot": True, "fsGroup": 1000}
        assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in documents
        (container,) = pod["spec"]["containers"]
        assert container["volumeMounts"] == [{"name": volume["name"], "mountPath": "/shared"}]
    variables = {entry["name"]: entry for entry in app["spec"]["containers"][0]["env"]}
    assert set(variables) <= environment.names_in(ROOT / "imgcls")
    assert variables["IMGCLS_RAY_ADDRESS"]["value"] == "http://imgcls-head-svc:8265"  # KubeRay's name for the head
    assert variables["IMGCLS_BACKEND"]["value"] in backends.names()
    assert documents["Service", "imgcls"] and app["spec"]["enableServiceLinks"] is False, "it would set IMGCLS_PORT"
    assert check_command(app["spec"]["containers"][0]["command"][1:])["browser"] is False
    secrets = [
        entry["valueFrom"]["secretKeyRef"]
        for pod in [*pods, app]
        for entry in pod["spec"]["containers"][0]["env"]
        if "valueFrom" in entry
    ]
    assert secrets == [{"name": "imgcls-ray", "key": "token"}] * 3
    image = (ROOT / "deploy" / "kubernetes" / "Dockerfile").read_text("utf-8")
    assert f"ray[default]~={ray['rayVersion'].rsplit('.', 1)[0]}" in image
    assert "wget" in image and image.endswith("USER 1000:1000\n"), "KubeRay's probes call wget"
