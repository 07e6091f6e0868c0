"""Walks through every call that the library makes, and those that a drill needs.

    python walk ENDPOINT SOURCES

ENDPOINT is a served local cloud whose clock stands still, SOURCES the library's `crates/aws/src`:
an operation that is called there and not walked through here is a finding, too.
"""

import pathlib
import re
import sys

import dynamodb
import elbv2
import iam
import kms
import rds
import route53
import s3
from botocore import session, xform_name
from judge import Judge

SERVICES = {
    "route53": route53, "iam": iam, "kms": kms, "elbv2": elbv2,
    "dynamodb": dynamodb, "rds": rds, "s3": s3,
}


def called_by_the_library(sources):
    """The operations of each service whose SDK method is called in its sources."""
    found = {}
    for service in (*SERVICES, "sts"):
        folder = sources / service
        files = folder.rglob("*.rs") if folder.is_dir() else sources.glob("*.rs")
        text = "".join(file.read_text() for file in files)
        model = session.get_session().get_service_model(service)
        found[service] = {
            operation for operation in model.operation_names
            if re.search(rf"\.\s*{xform_name(operation)}\(\)", text)
        }
    return found


def main():
    endpoint, sources = sys.argv[1], pathlib.Path(sys.argv[2])
    only = sys.argv[3:]
    w = Judge(endpoint)
    for name, module in SERVICES.items():
        if not only or name in only:
            try:
                module.walk(w)
            except Exception as error:  # noqa: BLE001: an answer without what is expected
                w.finding(name, "walk", f"ends at line {last_line(error, name)}: {error!r}")
    if not only:
        for service, operations in called_by_the_library(sources).items():
            for missing in sorted(operations - w.answered.get(service, set())):
                w.finding(service, missing, "is called by the library and not walked through")
    refusals = sum(len(codes) for codes in w.refusals.values())
    operations = sum(len(names) for names in w.answered.values())
    print(f"{w.calls} calls, {operations} operations answered, {refusals} refusals by operation and code, "
          f"{len(w.findings)} findings")
    for finding in w.findings:
        print(finding)
    sys.exit(1 if w.findings else 0)


def last_line(error, name):
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(f"{name}.py"):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


main()
