"""Mends what an emulator answers so that the SDK for Rust can take it, or that the library can conclude
anything from it: what comes after could not be judged otherwise. Nobody but that SDK gets it mended, and
`gaps/` shows what is mended as it shows everything else that an emulator does in its own way.

Runs in the emulator's process before it starts, which tells its name as `emulator`.
"""

import io
import os
import re
from urllib.parse import parse_qs


def is_ours(agent):
    return "aws-sdk-rust" in agent


def fields(form):
    return {name: values[0] for name, values in parse_qs(form.decode()).items()}


# --- moto ---


def documents_of_buckets(query, answer):
    """Their roots have other names, or there is no document where nothing was set."""
    kind = {"accelerate": b"Accelerate", "notification": b"Notification", "versioning": b"Versioning"}.get(query)
    if kind is None:
        return answer
    if kind == b"Notification" and not answer:
        return b'<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>'
    return answer.replace(b"GetBucket%sConfigurationResponse" % kind, b"%sConfiguration" % kind).replace(
        b"GetBucket%sResponse" % kind, b"%sConfiguration" % kind)


def global_cluster_by_name(form, status, answer):
    """Who asks for one is answered with all: one that is not there is refused."""
    name = form.get("GlobalClusterIdentifier", "")
    is_there = f"<GlobalClusterIdentifier>{name}</GlobalClusterIdentifier>".encode() in answer
    if form.get("Action") != "DescribeGlobalClusters" or not name or is_there:
        return status, answer
    error = b"<Error><Type>Sender</Type><Code>GlobalClusterNotFoundFault</Code><Message>not found</Message></Error>"
    return "404 Not Found", b"<ErrorResponse>%s<RequestId>0</RequestId></ErrorResponse>" % error


def wsgi(inner):
    def call(self, environ, start_response):
        if not is_ours(environ.get("HTTP_USER_AGENT", "")):
            return inner(self, environ, start_response)
        form = {}
        if "x-www-form-urlencoded" in environ.get("CONTENT_TYPE", ""):
            asked = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO(asked)
            form = fields(asked)
        started = []

        def start(status, headers, *_):
            started[:] = [status, headers]

        answer = b"".join(inner(self, environ, start))
        status, headers = started
        answer = documents_of_buckets(environ["QUERY_STRING"], answer)
        status, answer = global_cluster_by_name(form, status, answer)
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(status, [*headers, ("Content-Length", str(len(answer)))])
        return [answer]

    return call


# --- ministack ---

ELBV2 = 'xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"'
ROUTE53 = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'


# How each is asked for, what is in an answer that has any, and the code where there is none.
NOT_THERE = {
    "DescribeTargetGroups": ("Names.", "<TargetGroupArn>", "TargetGroupNotFound"),
    "DescribeListeners": ("ListenerArns.", "<ListenerArn>", "ListenerNotFound"),
    "DescribeRules": ("RuleArns.", "<RuleArn>", "RuleNotFound"),
}


def named_ones(form, status, answer):
    """A name or an ARN that is nobody's is refused."""
    named, found, code = NOT_THERE.get(form.get("Action"), (None, "", ""))
    if named is None or found in answer or not any(name.startswith(named) for name in form):
        return status, answer
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>not found</Message>"
    return 400, f"<ErrorResponse {ELBV2}><Error>{error}</Error><RequestId>0</RequestId></ErrorResponse>"


async def tags_of_several(ask, path, asked):
    """ListTagsForResources is not known: each is asked for by itself."""
    sets = []
    for resource in re.findall("<ResourceId>(.*?)</ResourceId>", asked):
        status, answer = await ask("GET", f"{path}/{resource}", "")
        if status != 200:
            return status, answer
        sets += re.findall("<ResourceTagSet>.*?</ResourceTagSet>", answer, re.DOTALL)
    name = "ListTagsForResourcesResponse"
    return 200, f"<{name} {ROUTE53}><ResourceTagSets>{''.join(sets)}</ResourceTagSets></{name}>"


async def mended(ask, scope, asked, status, answer):
    path = scope["path"]
    if scope["method"] == "POST" and re.fullmatch("/2013-04-01/tags/[a-z]+", path):
        return await tags_of_several(ask, path, asked.decode())
    if not asked.startswith(b"Action="):
        return status, answer
    return named_ones(fields(asked), status, answer)


def asgi(inner):
    async def exchange(scope, asked):
        """The first message of an answer, and its body."""
        sent = []

        async def receive():
            return {"type": "http.request", "body": asked}

        async def send(message):
            sent.append(message)

        await inner(scope, receive, send)
        start, *bodies = sent
        return start, b"".join(it.get("body", b"") for it in bodies)

    async def call(scope, receive, send):
        headers = dict(scope.get("headers", []))
        if scope["type"] != "http" or not is_ours(headers.get(b"user-agent", b"").decode()):
            return await inner(scope, receive, send)
        asked, more = b"", True
        while more:
            message = await receive()
            asked, more = asked + message.get("body", b""), message.get("more_body", False)

        async def ask(method, path, body):
            kept = [it for it in scope["headers"] if it[0] != b"content-length"]
            kept.append((b"content-length", str(len(body)).encode()))
            other = {**scope, "method": method, "path": path, "raw_path": path.encode(), "headers": kept}
            start, answer = await exchange(other, body.encode())
            return start["status"], answer.decode()

        start, answer = await exchange(scope, asked)
        is_text = any(name.lower() == b"content-type" and b"xml" in value for name, value in start["headers"])
        if is_text:
            start["status"], text = await mended(ask, scope, asked, start["status"], answer.decode())
            answer = text.encode()
        if scope["method"] != "HEAD":
            kept = [it for it in start["headers"] if it[0].lower() != b"content-length"]
            start["headers"] = [*kept, (b"content-length", str(len(answer)).encode())]
        await send(start)
        await send({"type": "http.response.body", "body": answer})

    return call


if emulator == "moto":  # noqa: F821: the launcher says it
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication

    # AWS's own policies are known to it where it is told so.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    DomainDispatcherApplication.__call__ = wsgi(DomainDispatcherApplication.__call__)
else:
    from ministack import app

    app.app = asgi(app.app)
