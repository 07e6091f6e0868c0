"""Holds answers against botocore's service models, strictly.

botocore's own parsers are forgiving: a member that the model does not know is dropped in silence.
Here the raw answer is walked beside the output shape, and everything that AWS's model does not say
is a finding: an unknown member, a missing required one, a wrong type, an enum value that is not in
the model, an error code that the operation does not name.
"""

import json
import re
import urllib.request
import xml.etree.ElementTree as ET
from datetime import datetime

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# Codes that every operation of a service may answer although its model does not name them.
# Sources: the "Common Errors" page of each service's API reference, and for S3 (whose model names
# hardly any) the "List of error codes" page; what a page of ours says is marked with its section.
COMMON = {
    "route53": {
        # Route 53 API reference, Common Errors; `Throttling` is route53.md §0.
        "Throttling", "InvalidInput", "AccessDenied", "MalformedInput", "ValidationError",
    },
    "dynamodb": {
        # DynamoDB developer guide, "Error handling": codes without a shape of their own.
        "ValidationException", "ThrottlingException", "UnrecognizedClientException",
        "AccessDeniedException", "SerializationException", "UnknownOperationException",
        "RequestLimitExceeded", "LimitExceededException",
    },
    "rds": {
        # RDS API reference, Common Errors; refusals of parameters are rds.md §2 and §7.
        "InvalidParameterValue", "InvalidParameterCombination", "MissingParameter", "ValidationError",
        "InvalidAction", "Throttling", "AccessDenied",
    },
    "s3": {
        # S3 API reference, "List of error codes".
        "NoSuchBucket", "NoSuchKey", "NoSuchVersion", "NoSuchUpload", "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou", "BucketNotEmpty", "InvalidBucketName", "InvalidRequest",
        "InvalidArgument", "MalformedXML", "MalformedPolicy", "AccessDenied", "PermanentRedirect",
        "AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
        "InvalidLocationConstraint", "NoSuchBucketPolicy", "NoSuchTagSet",
        "NoSuchCORSConfiguration", "NoSuchLifecycleConfiguration", "NoSuchWebsiteConfiguration",
        "NoSuchPublicAccessBlockConfiguration", "OwnershipControlsNotFoundError",
        "ReplicationConfigurationNotFoundError", "ServerSideEncryptionConfigurationNotFoundError",
        "ObjectLockConfigurationNotFoundError", "NoSuchConfiguration", "PreconditionFailed",
        "NotModified", "InvalidBucketState", "OperationAborted", "InvalidPart", "InvalidPartOrder",
        "EntityTooSmall", "InvalidTag", "MethodNotAllowed", "InvalidRange", "SlowDown",
        "BadDigest", "InvalidDigest", "NotImplemented", "ConditionalRequestConflict",
        "AccessControlListNotSupported", "KeyTooLongError", "InvalidStorageClass",
        "InvalidTargetBucketForLogging", "NoSuchObjectLockConfiguration",
        # A HEAD request has no body: the SDKs make a code of the status.
        "404", "403", "400", "301", "304", "412", "405",
    },
    "iam": {"ValidationError", "Throttling", "AccessDenied", "InvalidAction", "MissingParameter"},
    "elbv2": {"ValidationError", "Throttling", "AccessDenied", "InvalidAction", "MissingParameter"},
    "kms": {"ValidationException", "ThrottlingException", "AccessDeniedException"},
    "acm": {"ValidationException", "ThrottlingException", "AccessDeniedException"},
    "sts": {"ValidationError", "Throttling", "AccessDenied", "InvalidAction"},
}

# Where AWS itself is not as its model says; each with where that is written.
NOT_AS_MODELLED = {
    # A private zone has no delegation set (route53.md §1.2), in the answer to its creation either.
    "route53.CreateHostedZone: answer lacks DelegationSet",
    # The marker of a page repeats the request's; the first page has none (API reference, example).
    "route53.ListHostedZones: answer lacks Marker",
    # "can only have a value of Policy" (IAM API reference, AttachedPermissionsBoundary).
    "PermissionsBoundaryType is 'Policy', not in PermissionsBoundaryAttachmentType",
    # A version may be in any class of storage (S3 User Guide, "Transitioning objects"); the
    # model's enum of it has one value.
    "StorageClass is 'STANDARD_IA', not in ObjectVersionStorageClass",
    # dynamodb.md §2; the model of the Rust SDK has it, this botocore's not yet.
    "has unknown members ['DisassociationProtectionEnabled']",
}

# Route 53's ids come with the path of their kind, which does not count towards their length.
ID_PATH = re.compile(r"/(hostedzone|change|delegationset)/")

INTEGER = re.compile(r"-?\d+$")
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?$")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


class Judge:
    """What was called, what was answered, and what is wrong with it."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.findings = []
        self.calls = 0
        self.answered = {}
        self.refusals = {}
        self.clients = {}
        self.note = ""

    def client(self, service, region="us-east-1", key="test"):
        """A client that sends what it is told to, and that repeats nothing."""
        which = (service, region, key)
        if which not in self.clients:
            client = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.endpoint,
                aws_access_key_id=key,
                aws_secret_access_key="test",
                config=Config(
                    parameter_validation=False,
                    retries={"total_max_attempts": 1},
                    s3={"addressing_style": "path"},
                ),
            )
            client.meta.events.register(
                "before-parse",
                lambda operation_model, response_dict, **_: self.judge(
                    service, operation_model, response_dict
                ),
            )
            self.clients[which] = client
        return self.clients[which]

    def finding(self, service, operation, text):
        line = f"{service}.{operation}: {text}"
        if any(line.endswith(known) for known in NOT_AS_MODELLED):
            return
        if line not in self.findings:
            self.findings.append(line)

    # Calls.

    def call(self, service, operation, *, region="us-east-1", key="test", **parameters):
        """A call that must succeed."""
        self.calls += 1
        client = self.client(service, region, key)
        try:
            return getattr(client, operation)(**parameters)
        except ClientError as error:
            self.finding(service, operation, f"refused {short(parameters)}: {error}")
            return None
        except Exception as error:  # noqa: BLE001: an answer that does not parse is a finding
            self.finding(service, operation, f"can't be read, {short(parameters)}: {error!r}")
            return None

    def refused(self, code, service, operation, *, region="us-east-1", key="test", says=None, **parameters):
        """A call that must be refused with this code, and whose message contains `says`."""
        self.calls += 1
        client = self.client(service, region, key)
        try:
            getattr(client, operation)(**parameters)
        except ClientError as error:
            got = error.response["Error"].get("Code")
            message = error.response["Error"].get("Message") or str(error.response)
            if got != code:
                self.finding(service, operation, f"{short(parameters)} must be {code}, is {got}: {message}")
            elif says and says.lower() not in message.lower():
                self.finding(service, operation, f"{code} must say {says!r}, says {message!r}")
            self.refusals.setdefault((service, operation), set()).add(code)
            return error.response
        except Exception as error:  # noqa: BLE001
            self.finding(service, operation, f"can't be read, {short(parameters)}: {error!r}")
            return None
        self.finding(service, operation, f"{short(parameters)} must be {code}, was accepted")
        return None

    def check(self, truth, what):
        """Something that must hold beyond the shape of an answer."""
        if not truth:
            self.finding("walk", self.note or "-", what)

    # The served cloud's own clock.

    def control(self, path, method="POST"):
        request = urllib.request.Request(f"{self.endpoint}/_bicoastal/{path}", method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def later(self, seconds):
        self.control(f"advance?ms={int(seconds * 1000)}")

    # Judgement.

    def judge(self, service, model, answer):
        status, body, headers = answer["status_code"], answer["body"], answer["headers"]
        protocol = model.service_model.resolved_protocol
        if status >= 300:
            self.judge_error(service, model, status, body, headers, protocol)
            return
        self.answered.setdefault(service, set()).add(model.name)
        say = lambda text: self.finding(service, model.name, text)  # noqa: E731
        shape = model.output_shape
        if protocol == "json":
            if headers.get("x-amzn-requestid") is None:
                say("no x-amzn-RequestId header")
            document = json.loads(body or b"{}")
            if shape is not None:
                walk_json(document, shape, "", say)
            elif document:
                say(f"has no output, yet answers {document}")
        elif protocol == "query":
            self.judge_query(model, body, say)
        else:
            self.judge_rest(model, shape, body, headers, say)

    def judge_query(self, model, body, say):
        root = ET.fromstring(body)
        expected = f"{model.name}Response"
        if local(root) != expected:
            say(f"the root is {local(root)}, not {expected}")
        self.judge_namespace(model, root, say)
        children = {local(child): child for child in root}
        if "ResponseMetadata" not in children or find(children["ResponseMetadata"], "RequestId") is None:
            say("no ResponseMetadata/RequestId")
        shape = model.output_shape
        unknown = set(children) - {"ResponseMetadata", f"{model.name}Result"}
        if unknown:
            say(f"unknown members {sorted(unknown)}")
        if shape is None:
            return
        wrapper = shape.serialization.get("resultWrapper")
        if wrapper not in children:
            if shape.members:
                say(f"no {wrapper}")
            return
        walk_xml(children[wrapper], shape, "", say)

    def judge_namespace(self, model, root, say):
        wanted = model.service_model.metadata.get("xmlNamespace")
        if isinstance(wanted, dict):
            wanted = wanted.get("uri")
        if model.output_shape is not None:
            of_shape = model.output_shape.serialization.get("xmlNamespace")
            if of_shape:
                wanted = of_shape["uri"] if isinstance(of_shape, dict) else of_shape
        if wanted and not root.tag.startswith("{%s}" % wanted):
            say(f"namespace of {root.tag} is not {wanted}")

    def judge_rest(self, model, shape, body, headers, say):
        if shape is None:
            if body.strip():
                say(f"has no output, yet answers {body[:200]!r}")
            return
        payload = shape.serialization.get("payload")
        in_body = {}
        for name, member in shape.members.items():
            place = member.serialization.get("location")
            header = member.serialization.get("name", name)
            if place == "header":
                text = headers.get(header)
                if text is None:
                    if name in shape.required_members:
                        say(f"required header {header} is missing")
                else:
                    walk_text(text, member, f"header {header}", say, header=True)
            elif place is None:
                in_body[name] = member
        if payload:
            member = shape.members[payload]
            if member.type_name == "structure":
                if body.strip():
                    root = ET.fromstring(body)
                    named = member.serialization.get("name")
                    if named and local(root) != named:
                        say(f"the root is {local(root)}, not {named}")
                    self.judge_namespace(model, root, say)
                    walk_xml(root, member, "", say)
            return
        if not in_body and not body.strip():
            return
        root = ET.fromstring(body)
        if not in_body:
            # An answer without members is an element without members.
            if local(root) != f"{model.name}Response" or len(root):
                say(f"has nothing in its body, yet answers {body[:200]!r}")
            return
        # The root's name is the shape's own, except where S3 and Route 53 say another one.
        named = shape.serialization.get("name") or shape.name.replace("Output", "Result")
        accepted = {named, shape.name, S3_ROOTS.get(model.name)}
        if local(root) not in accepted:
            say(f"the root is {local(root)}, not one of {sorted(filter(None, accepted))}")
        self.judge_namespace(model, root, say)
        if model.name == "GetBucketLocation":
            return
        walk_xml(root, shape, "", say, members=in_body)

    def judge_error(self, service, model, status, body, headers, protocol):
        say = lambda text: self.finding(service, model.name, text)  # noqa: E731
        code = None
        if protocol == "json":
            document = json.loads(body or b"{}")
            code = document.get("__type", "").split("#")[-1] or None
            if "message" not in document and "Message" not in document:
                say(f"{code} has no message")
        elif body.strip():
            root = ET.fromstring(body)
            error = root if local(root) == "Error" else find(root, "Error")
            if protocol == "query" or service == "route53":
                if local(root) == "InvalidChangeBatch":
                    code = "InvalidChangeBatch"
                elif local(root) != "ErrorResponse":
                    say(f"the root of a refusal is {local(root)}")
            if error is not None:
                code = text_of(find(error, "Code"))
                if find(error, "Message") is None:
                    say(f"{code} has no Message")
                if service != "s3" and text_of(find(error, "Type")) not in ("Sender", "Receiver"):
                    say(f"{code} has no Type")
            if service != "s3" and find(root, "RequestId") is None:
                say(f"{code} has no RequestId")
        else:
            code = str(status)
        shapes = {
            shape.metadata.get("error", {}).get("code", shape.name): shape
            for shape in model.error_shapes
        }
        if code in shapes:
            modelled = shapes[code].metadata.get("error", {}).get("httpStatusCode")
            if modelled and modelled != status:
                say(f"{code} has status {status}, not {modelled}")
        elif code not in COMMON[service]:
            say(f"{code} is neither named by the model nor common: {body[:200]!r}")


S3_ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListObjectVersions": "ListVersionsResult",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketTagging": "Tagging",
    "GetObjectTagging": "Tagging",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketAcl": "AccessControlPolicy",
    "GetObjectAcl": "AccessControlPolicy",
    "GetBucketWebsite": "WebsiteConfiguration",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "DeleteObjects": "DeleteResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "ListParts": "ListPartsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "GetObjectAttributes": "GetObjectAttributesResponse",
}


def short(parameters):
    text = json.dumps(parameters, default=str)
    return text if len(text) < 160 else text[:157] + "…"


def local(element):
    return element.tag.split("}")[-1]


def find(element, name):
    return next((child for child in element if local(child) == name), None)


def text_of(element):
    return None if element is None else (element.text or "")


def walk_json(value, shape, path, say):
    kind = shape.type_name
    if value is None:
        say(f"{path} is null")
    elif kind == "structure":
        if not isinstance(value, dict):
            say(f"{path} is no object")
            return
        unknown = set(value) - set(shape.members)
        if unknown:
            say(f"{path or 'answer'} has unknown members {sorted(unknown)}")
        missing = set(shape.required_members) - set(value)
        if missing:
            say(f"{path or 'answer'} lacks {sorted(missing)}")
        for name, member in shape.members.items():
            if name in value:
                walk_json(value[name], member, f"{path}.{name}", say)
    elif kind == "list":
        if not isinstance(value, list):
            say(f"{path} is no list")
            return
        for entry in value:
            walk_json(entry, shape.member, f"{path}[]", say)
    elif kind == "map":
        if not isinstance(value, dict):
            say(f"{path} is no map")
            return
        for entry in value.values():
            walk_json(entry, shape.value, f"{path}{{}}", say)
    elif kind == "string":
        if not isinstance(value, str):
            say(f"{path} is {value!r}, no text")
        elif shape.enum and value not in shape.enum:
            say(f"{path} is {value!r}, not in {shape.name}")
        else:
            walk_pattern(value, shape, path, say)
    elif kind in ("integer", "long"):
        if not isinstance(value, int) or isinstance(value, bool):
            say(f"{path} is {value!r}, no whole number")
    elif kind in ("double", "float", "timestamp"):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            say(f"{path} is {value!r}, no number")
    elif kind == "boolean" and not isinstance(value, bool):
        say(f"{path} is {value!r}, no truth")


def walk_pattern(value, shape, path, say):
    pattern = shape.metadata.get("pattern")
    if pattern:
        try:
            if not re.fullmatch(python_pattern(pattern), value, re.S):
                say(f"{path} is {value!r}, which is not {pattern}")
        except re.error:
            pass
    longest = shape.metadata.get("max")
    if longest and len(ID_PATH.sub("", value)) > longest:
        say(f"{path} has {len(value)} characters, more than {longest}")


def python_pattern(pattern):
    """Java's character classes and escapes, as far as the models use them."""
    return re.sub(r"\\p\{[A-Za-z]+\}", r"\\w", pattern)


def walk_text(text, shape, path, say, header=False):
    kind = shape.type_name
    if kind in ("integer", "long"):
        if not INTEGER.match(text):
            say(f"{path} is {text!r}, no whole number")
    elif kind in ("double", "float"):
        if not NUMBER.match(text):
            say(f"{path} is {text!r}, no number")
    elif kind == "boolean":
        if text not in ("true", "false"):
            say(f"{path} is {text!r}, neither true nor false")
    elif kind == "timestamp":
        if header and not shape.serialization.get("timestampFormat"):
            try:
                datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT")
            except ValueError:
                say(f"{path} is {text!r}, no date of a header")
        elif not header and not ISO.match(text):
            say(f"{path} is {text!r}, no ISO 8601 date")
    elif kind == "string":
        if shape.enum and text not in shape.enum:
            say(f"{path} is {text!r}, not in {shape.name}")
        else:
            walk_pattern(text, shape, path, say)


def walk_xml(element, shape, path, say, members=None):
    kind = shape.type_name
    if kind == "structure":
        members = shape.members if members is None else members
        by_name, attributes = {}, {}
        for name, member in members.items():
            wire = member.serialization.get("name", name)
            if member.serialization.get("xmlAttribute"):
                attributes[wire.split(":")[-1]] = name
                continue
            if member.type_name == "list" and member.serialization.get("flattened"):
                # botocore: the name of a flattened list is its member's, where that has one.
                wire = member.member.serialization.get("name", wire)
                if "name" in member.serialization:
                    wire = member.serialization["name"]
            by_name[wire] = (name, member)
        seen = {}
        for child in element:
            seen.setdefault(local(child), []).append(child)
        unknown = set(seen) - set(by_name)
        if unknown:
            say(f"{path or 'answer'} has unknown members {sorted(unknown)}")
        for wire, (name, member) in by_name.items():
            if wire not in seen:
                # An empty flattened list has no trace on the wire.
                flat = member.type_name == "list" and member.serialization.get("flattened")
                if name in shape.required_members and not flat:
                    say(f"{path or 'answer'} lacks {name}")
                continue
            here = f"{path}.{name}"
            if member.type_name == "list" and member.serialization.get("flattened"):
                for child in seen[wire]:
                    walk_xml(child, member.member, f"{here}[]", say)
            elif len(seen[wire]) > 1 and not (
                member.type_name == "map" and member.serialization.get("flattened")
            ):
                say(f"{here} comes {len(seen[wire])} times")
            else:
                walk_xml(seen[wire][0], member, here, say)
    elif kind == "list":
        wire = shape.member.serialization.get("name", "member")
        for child in element:
            if local(child) != wire:
                say(f"{path} has an entry {local(child)}, not {wire}")
            else:
                walk_xml(child, shape.member, f"{path}[]", say)
    elif kind == "map":
        for entry in element:
            if local(entry) != "entry":
                say(f"{path} has {local(entry)}, not entry")
                continue
            names = {local(child) for child in entry}
            wanted = {
                shape.key.serialization.get("name", "key"),
                shape.value.serialization.get("name", "value"),
            }
            if names != wanted:
                say(f"{path} has an entry of {sorted(names)}, not {sorted(wanted)}")
    else:
        if len(element):
            say(f"{path} has members, and is a {kind}")
        walk_text(element.text or "", shape, path, say)
