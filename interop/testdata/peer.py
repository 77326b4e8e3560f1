"""The other side of the tests: signs and opens with the real libraries, one JSON object a line.

A request is {"op": "dumps" or "loads", "kind": ..., "keys": oldest first, ...}; an answer {"ok": ...} or {"error": class}.
Values that JSON does not have travel as {"!": type, "v": text or list}, and objects as {"!": "dict", "v": [[key, value]]}.
"""

import base64
import datetime
import hashlib
import json
import sys
import time
import uuid

import django.conf

NOW = 1767225600

django.conf.settings.configure(SECRET_KEY="-", SECRET_KEY_FALLBACKS=[])
time.time = lambda: float(NOW)


def to_wire(value):
    if isinstance(value, dict):
        return {"!": "dict", "v": [[k, to_wire(v)] for k, v in value.items()]}
    if isinstance(value, tuple):
        return {"!": "tuple", "v": [to_wire(v) for v in value]}
    if isinstance(value, list):
        return [to_wire(v) for v in value]
    if isinstance(value, bytes):
        return {"!": "bytes", "v": base64.b64encode(value).decode()}
    if hasattr(value, "__html__"):
        return {"!": "markup", "v": str(value)}
    if isinstance(value, uuid.UUID):
        return {"!": "uuid", "v": str(value)}
    if isinstance(value, datetime.datetime):
        return {"!": "datetime", "v": str(int(value.timestamp()))}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"!": type(value).__name__, "v": repr(value)}
    return value


def from_wire(value):
    if isinstance(value, list):
        return [from_wire(v) for v in value]
    if not isinstance(value, dict):
        return value
    kind, v = value["!"], value["v"]
    if kind == "dict":
        return {k: from_wire(member) for k, member in v}
    if kind == "tuple":
        return tuple(from_wire(member) for member in v)
    if kind == "bytes":
        return base64.b64decode(v)
    if kind == "markup":
        import markupsafe

        return markupsafe.Markup(v)
    if kind == "uuid":
        return uuid.UUID(v)
    if kind == "datetime":
        return datetime.datetime.fromtimestamp(int(v), datetime.timezone.utc)
    return {"int": int, "float": float}[kind](v)


def itsdangerous_serializer(request):
    import itsdangerous

    cls = getattr(itsdangerous, request["kind"])
    kwargs = {"key_derivation": request["key_derivation"], "digest_method": getattr(hashlib, request["digest"])}
    if "Signer" in request["kind"]:
        return cls(request["keys"], salt=request["salt"], sep=request["sep"], **kwargs)
    return cls(request["keys"], salt=request["salt"], signer_kwargs={"sep": request["sep"], **kwargs})


def run_itsdangerous(request):
    s = itsdangerous_serializer(request)
    signer = "Signer" in request["kind"]
    if request["op"] == "dumps":
        signed = s.sign(request["value"]) if signer else s.dumps(from_wire(request["value"]))
        return signed.decode() if isinstance(signed, bytes) else signed
    kwargs = {"max_age": 10} if "Time" in request["kind"] else {}
    if signer:
        return s.unsign(request["token"], **kwargs).decode()
    return to_wire(s.loads(request["token"], **kwargs))


def django_settings(request):
    from django.conf import settings

    settings.SECRET_KEY = request["keys"][-1]
    settings.SECRET_KEY_FALLBACKS = request["keys"][:-1]


def run_django_dumps(request):
    from django.core import signing

    django_settings(request)
    if request["op"] == "dumps":
        return signing.dumps(from_wire(request["value"]), salt=request["salt"], compress=request.get("compress", False))
    return to_wire(signing.loads(request["token"], salt=request["salt"], max_age=10))


def run_django_cookie(request):
    from django.http import HttpRequest, HttpResponse

    django_settings(request)
    if request["op"] == "dumps":
        response = HttpResponse()
        response.set_signed_cookie(request["name"], request["value"], salt=request["salt"])
        return response.cookies[request["name"]].value
    http = HttpRequest()
    http.COOKIES = {request["name"]: request["token"]}
    return http.get_signed_cookie(request["name"], salt=request["salt"], max_age=10)


def run_django_session(request):
    import importlib

    backend = "signed_cookies" if request["kind"] == "django_cookie_session" else "db"
    store = importlib.import_module("django.contrib.sessions.backends." + backend).SessionStore
    django_settings(request)
    if backend == "db":  # what stands in its table
        if request["op"] == "dumps":
            return store().encode(from_wire(request["value"]))
        return to_wire(store().decode(request["token"]))
    if request["op"] == "dumps":
        session = store()
        session.update(from_wire(request["value"]))
        session.save()
        return session.session_key
    return to_wire(store(request["token"]).load())


def run_flask(request):
    import flask
    from flask.sessions import SecureCookieSessionInterface

    app = flask.Flask("peer")
    app.config["SECRET_KEY"] = request["keys"][-1]
    app.config["SECRET_KEY_FALLBACKS"] = request["keys"][:-1]
    s = SecureCookieSessionInterface().get_signing_serializer(app)
    if request["op"] == "dumps":
        return s.dumps(from_wire(request["value"]))
    return to_wire(s.loads(request["token"], max_age=10))


def run_starlette(request):
    import itsdangerous
    from starlette.middleware.sessions import SessionMiddleware

    middleware = SessionMiddleware(None, request["keys"][-1], max_age=10)
    middleware.signer.secret_keys = [key.encode() for key in request["keys"]]
    result = {}

    import asyncio

    async def app(scope, receive, send):
        if request["op"] == "dumps":
            scope["session"].update(from_wire(request["value"]))
        else:
            result["session"] = dict(scope["session"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        result["headers"] = message["headers"]

    headers = [(b"cookie", b"session=" + request["token"].encode())] if request["op"] == "loads" else []
    middleware.app = app
    asyncio.run(middleware({"type": "http", "headers": headers}, None, send))
    if request["op"] == "loads":
        return to_wire(result["session"])
    (cookie,) = [v.decode() for k, v in result["headers"] if k == b"set-cookie"]
    return cookie.split("=", 1)[1].split(";")[0]


RUN = {
    "django_dumps": run_django_dumps,
    "django_cookie": run_django_cookie,
    "django_cookie_session": run_django_session,
    "django_stored_session": run_django_session,
    "flask": run_flask,
    "starlette": run_starlette,
}


def time_itsdangerous(request):
    """Nanoseconds a call, the best of several rounds: other work on the machine only ever adds."""
    import timeit

    s = itsdangerous_serializer(request)
    value = request["value"] if "Signer" in request["kind"] else from_wire(request["value"])
    sign, open_ = (s.sign, s.unsign) if "Signer" in request["kind"] else (s.dumps, s.loads)
    signed = sign(value)
    calls = request["calls"]

    def best(f):
        return min(timeit.repeat(f, number=calls, repeat=5)) / calls * 1e9

    return [best(lambda: sign(value)), best(lambda: open_(signed, max_age=3600))]


for line in sys.stdin:
    request = json.loads(line)
    try:
        if request["op"] == "time":
            answer = {"ok": time_itsdangerous(request)}
        else:
            answer = {"ok": RUN.get(request["kind"], run_itsdangerous)(request)}
    except Exception as e:  # every failure is an answer
        answer = {"error": type(e).__name__, "text": str(e)[:200]}
    print(json.dumps(answer), flush=True)
