"""A small application with a session, in the framework that the first argument names, on a port of its own choosing.

    apps.py flask|django|starlette|fastapi|sealed-flask|sealed-starlette COOKIE KEY [FALLBACK...]

The sealed ones keep the session in a cookie of sealring, in a ring of all keys; a key is its secret, @, and the year from
which it seals. It writes the port as its first line. POST /set?name=value puts text into the session, GET /session returns it as JSON, POST
/clear empties it. Django also has a signed cookie: POST /sign?name=value, GET /signed?name.
"""

import json
import sys


def serve_wsgi(app):
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args):
            pass

    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


def sealed_ring(keys):
    import datetime

    from sealring import Key, Keyring, parse_secret

    ring = []
    for key in keys:
        secret, year = key.split("@")
        ring.append(Key(parse_secret(secret), seal_from=datetime.datetime(int(year), 1, 1, tzinfo=datetime.timezone.utc)))
    return Keyring(*ring)


def run_sealed_flask(cookie, key, fallbacks):
    from sealring.flask import SealedSessionInterface

    run_flask(cookie, "", [], SealedSessionInterface(sealed_ring([key, *fallbacks])))


def run_sealed_starlette(cookie, key, fallbacks):
    from sealring.starlette import SealedSessionMiddleware
    from starlette.middleware import Middleware

    ring = sealed_ring([key, *fallbacks])
    run_starlette(cookie, "", [], Middleware(SealedSessionMiddleware, ring, session_cookie=cookie, https_only=False))


def run_flask(cookie, key, fallbacks, interface=None):
    import flask

    app = flask.Flask("app")
    app.session_interface = interface or app.session_interface
    app.config.update(SECRET_KEY=key, SECRET_KEY_FALLBACKS=fallbacks, SESSION_COOKIE_NAME=cookie)

    @app.post("/set")
    def set_():
        flask.session.update(flask.request.args)
        return ""

    @app.get("/session")
    def session():
        return flask.jsonify(dict(flask.session))

    @app.post("/clear")
    def clear():
        flask.session.clear()
        return ""

    serve_wsgi(app)


def run_django(cookie, key, fallbacks):
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse, JsonResponse
    from django.urls import path

    def set_(request):
        request.session.update(request.GET.dict())
        return HttpResponse()

    def session(request):
        return JsonResponse(dict(request.session.items()))

    def clear(request):
        request.session.flush()
        return HttpResponse()

    def sign(request):
        response = HttpResponse()
        for name, value in request.GET.items():
            response.set_signed_cookie(name, value, salt="of the test")
        return response

    def signed(request):
        names = request.GET.keys()
        return JsonResponse({name: request.get_signed_cookie(name, salt="of the test", max_age=60) for name in names})

    settings.configure(
        SECRET_KEY=key,
        SECRET_KEY_FALLBACKS=fallbacks,
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="apps",
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        SESSION_COOKIE_NAME=cookie,
    )
    views = {"set": set_, "session": session, "clear": clear, "sign": sign, "signed": signed}
    module = type(sys)("apps")
    module.urlpatterns = [path(name, view) for name, view in views.items()]
    sys.modules["apps"] = module
    serve_wsgi(get_wsgi_application())


def run_starlette(cookie, key, fallbacks, middleware=None):
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.sessions import SessionMiddleware
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    async def set_(request):
        request.session.update(request.query_params)
        return Response()

    async def session(request):
        return JSONResponse(dict(request.session))

    async def clear(request):
        request.session.clear()
        return Response()

    serve_asgi(
        Starlette(
            routes=[
                Route("/set", set_, methods=["POST"]),
                Route("/session", session),
                Route("/clear", clear, methods=["POST"]),
            ],
            middleware=[middleware or Middleware(SessionMiddleware, secret_key=key, session_cookie=cookie)],
        )
    )


def run_fastapi(cookie, key, fallbacks):
    from fastapi import FastAPI, Request
    from starlette.middleware.sessions import SessionMiddleware

    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key=key, session_cookie=cookie)

    @app.post("/set")
    async def set_(request: Request):
        request.session.update(request.query_params)

    @app.get("/session")
    async def session(request: Request):
        return dict(request.session)

    @app.post("/clear")
    async def clear(request: Request):
        request.session.clear()

    serve_asgi(app)


def serve_asgi(app):
    import socket

    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # so that who reads the port may connect
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])


if __name__ == "__main__":
    framework, cookie, key, *fallbacks = sys.argv[1:]
    run = {
        "flask": run_flask,
        "django": run_django,
        "starlette": run_starlette,
        "fastapi": run_fastapi,
        "sealed-flask": run_sealed_flask,
        "sealed-starlette": run_sealed_starlette,
    }
    run[framework](cookie, key, fallbacks)
