"""The state of the service, its metrics, and a documentation page that works offline."""

import re

import imgcls
from imgcls import runs
from imgcls.api import openapi

SAMPLE = re.compile(
    r'^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [-+0-9.e]+$|^[a-z_]+_bucket\{.*le="\+Inf".*\} [0-9.]+$'
)


def test_it_is_healthy_and_ready(api):
    assert api.get("health").json == {"status": "ok", "version": imgcls.__version__}
    assert api.get("ready").json == {"status": "ready", "models": ["digits"]}


def test_without_runs_it_is_healthy_but_not_ready(serve):
    api = serve()
    assert api.get("health").status == 200
    reply = api.get("ready")
    assert reply.status == 503 and set(reply.json) == {"status", "error", "message"}


def test_a_server_whose_only_model_is_damaged_is_not_ready(serve, make_run):
    assert serve(run=make_run(**{"model.tflite": b"no model", "model.json": b"{"})).get("ready").status == 503


def test_metrics_are_prometheus_text_and_count_requests_and_images(api, shipped):
    api.get("health")
    api.get("no/such/address")
    api.post_json("models/digits/predict", {"strokes": [[140, 60, 20, 140, 220, 20]]})
    reply = api.get("metrics")
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = reply.body.decode().splitlines()
    assert [line for line in lines if not line.startswith("#") and not SAMPLE.match(line)] == []
    assert 'imgcls_http_requests_total{method="GET",route="/health",status="200"} 1.0' in lines
    assert 'imgcls_http_requests_total{method="GET",route="other",status="404"} 1.0' in lines
    assert 'imgcls_http_requests_total{method="POST",route="/models/{run}/predict",status="200"} 1.0' in lines
    assert any(line.startswith('imgcls_images_total{model="digits",outcome=') for line in lines)


def test_invented_methods_and_addresses_do_not_grow_the_metrics(api):
    for number, method in enumerate(("PROPFIND", "MKCOL", "LOCK")):
        assert api.send(method, f"address/{number}").status == 404
    lines = [line for line in api.get("metrics").body.decode().splitlines() if "requests_total{" in line]
    assert lines == ['imgcls_http_requests_total{method="other",route="other",status="404"} 3.0']


def test_the_documentation_page_loads_everything_from_this_server(api):
    page = api.get("docs").body.decode()
    urls = re.findall(r"""(?:src|href|url)[=:]\s*["']([^"']+)["']""", page)
    assert len(urls) == 4 and all(url.startswith("/api/") for url in urls)
    for url in urls:
        assert api.get(url.removeprefix("/api/")).status == 200
    assert api.get("docs/index.html").status == 404


def test_every_route_is_documented_with_its_errors(api):
    paths = api.get("openapi.json").json["paths"]
    assert set(paths) == {
        *("/health", "/ready", "/metrics", "/models", "/models/{run}", "/models/{run}/predict", "/runs", "/runs/{run}"),
        *("/runs/{run}/metrics", "/runs/{run}/pause", "/runs/{run}/resume", "/runs/{run}/stop"),
    }
    for path, methods in paths.items():
        if post := methods.get("post"):
            assert post["security"] == openapi.NEEDS_TOKEN["security"] and "401" in post["responses"], path
    assert "ValidationError" not in api.get("openapi.json").body.decode()
    kinds = paths["/models/{run}/predict"]["post"]["requestBody"]["content"]
    assert set(kinds) == {"multipart/form-data", "image/*", "application/json"}


def test_entries_of_answers_are_those_that_are_documented(api):
    reply = api.post_json("models/digits/predict", {"strokes": [[140, 60, 20, 140, 220, 20]]}).json
    assert set(reply) == set(openapi.PREDICTIONS["properties"])
    assert set(reply["images"][0]) == set(openapi.IMAGE["properties"])
    assert set(api.get("models/digits").json) == set(openapi.MODEL["properties"])
    assert set(api.get("runs/digits").json) == set(openapi.RUN["properties"])
    assert set(api.get("runs/digits/metrics").json) == set(openapi.METRICS["properties"])


def test_a_bug_is_a_plain_error_and_a_traceback_in_the_log(api, monkeypatch, caplog, wait_until):
    def fail():
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(runs, "all_runs", fail)
    reply = api.get("runs")
    assert reply.status == 500 and set(reply.json) == {"status", "error", "message"}
    assert "secret" not in reply.body.decode()
    wait_until(lambda: "ZeroDivisionError" in caplog.text)
    assert 'status="500"' in api.get("metrics").body.decode()
