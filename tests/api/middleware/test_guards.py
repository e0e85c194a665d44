"""What a request has to pass before it is answered. Each test fails if its guard is removed."""

import http.client
import inspect

import pytest

from imgcls.api.middleware import guards
from imgcls.api.middleware.guards import is_allowed_host
from tests.support.api import TOKEN, chunks, form

PREDICT = "models/digits/predict"
SHAPE = {"status", "error", "message"}


def test_reading_needs_no_token_but_computing_does(api):
    assert api.get("models").status == 200
    reply = api.send("POST", PREDICT, b"", {"Content-Type": "image/png"}, token="")
    assert reply.status == 401 and reply.headers["WWW-Authenticate"] == "Bearer"
    assert set(reply.json) == SHAPE and TOKEN not in reply.json["message"]


@pytest.mark.parametrize("path", [PREDICT, "runs", "runs/digits/pause", "runs/digits/resume", "runs/digits/stop"])
@pytest.mark.parametrize("token", ["wrong", TOKEN[:-1], TOKEN + "x", "ä" * 5])
def test_a_wrong_token_is_refused_on_every_modifying_route(api, path, token):
    assert api.send("POST", path, b"{}", {"Authorization": f"Bearer {token}".encode()}, token="").status == 401


@pytest.mark.parametrize("header", [TOKEN, f"Basic {TOKEN}", f"Bearer{TOKEN}", ""])
def test_only_bearer_tokens_are_accepted(api, header):
    assert api.send("POST", PREDICT, b"", {"Authorization": header}, token="").status == 401


def test_a_server_without_a_token_refuses_even_an_empty_one(serve):
    reply = serve(token="").send("POST", "runs", b"{}", {"Authorization": "Bearer "}, token="")
    assert reply.status == 401 and "IMGCLS_API_TOKEN" in reply.json["message"]


def test_tokens_are_compared_in_constant_time():
    assert "compare_digest" in inspect.getsource(guards.Guards._has_token)


def test_a_cross_site_page_is_refused(api):
    assert api.get("models", Origin="http://evil.example").status == 403
    assert api.get("models", Origin="null").status == 403
    assert api.send("POST", PREDICT, b"", {"Origin": "http://evil.example"}).status == 403
    assert api.get("models", Origin=f"http://127.0.0.1:{api.port}").status == 200
    assert api.get("models", Origin=f"http://127.0.0.1:{api.port + 1}").status == 403


def test_an_unknown_host_name_is_refused(api, serve):
    reply = api.get("models", Host="evil.example")
    assert reply.status == 400 and set(reply.json) == SHAPE
    assert serve(hosts=frozenset({"imgcls.example"})).get("models", Host="imgcls.example:443").status == 200


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:80", "[::1]:8000", "10.1.2.3", "LOCALHOST"])
def test_localhost_and_ip_addresses_are_accepted_as_host(host):
    assert is_allowed_host(host, frozenset())


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "a@b"]
)
def test_any_other_host_is_refused(host):
    assert not is_allowed_host(host, frozenset())


def test_a_second_host_header_is_refused(api):
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=10)
    connection.putrequest("GET", "/api/models", skip_host=True)
    connection.putheader("Host", "localhost")
    connection.putheader("Host", "evil.example")
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def test_a_rate_limited_client_gets_a_retry_after_header(serve):
    api = serve(rate=0.5)
    assert [api.get("health").status for _ in range(2)] == [200, 429]
    reply = api.get("health")
    assert reply.status == 429 and 1 <= int(reply.headers["Retry-After"]) <= 2
    assert set(reply.json) == SHAPE


def test_wrong_tokens_count_against_the_rate_limit(serve):
    api = serve(rate=1)
    statuses = [api.send("POST", PREDICT, b"", token=f"guess {n}").status for n in range(4)]
    assert statuses[:2] == [401, 401] and statuses[-1] == 429


def test_a_body_with_an_excessive_content_length_is_not_read(serve):
    api = serve(max_bytes=1_000)
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=10)
    connection.putrequest("POST", f"/api/{PREDICT}")
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    connection.putheader("Content-Length", "1001")
    connection.endheaders()  # and nothing more is sent
    response = connection.getresponse()
    assert response.status == 413 and b'"status":413' in response.read()
    connection.close()


@pytest.mark.parametrize("kind", ["image/png", "form", "application/json"])
def test_a_body_without_a_length_is_cut_off_at_the_limit(shipped, serve, kind):
    shipped("digits")
    api = serve(max_bytes=100_000)
    body, content_type = form([("large.png", bytes(1_000_000))]) if kind == "form" else (b"[" * 1_000_000, kind)
    reply = api.send("POST", PREDICT, chunks(body, 10_000), {"Content-Type": content_type})
    assert reply.status == 413 and set(reply.json) == SHAPE


def test_json_has_a_lower_size_limit_than_images(api):
    reply = api.post_json(PREDICT, {"strokes": [[0.123456789] * 150_000]})
    assert reply.status == 413 and "1 MB" in reply.json["message"]


def test_responses_disable_content_type_sniffing(api):
    assert api.get("models").headers["X-Content-Type-Options"] == "nosniff"
