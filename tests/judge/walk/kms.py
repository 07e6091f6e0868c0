"""KMS keys and aliases, and ACM certificates: what look-ups and properties name (kms-acm-secrets.md)."""

import seed


def walk(w):
    w.note = "kms"
    call = lambda operation, **p: w.call("kms", operation, **p)  # noqa: E731
    refused = lambda code, operation, **p: w.refused(code, "kms", operation, **p)  # noqa: E731
    nothing = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"

    for alias in ("alias/aws/rds", "alias/aws/dynamodb", "alias/aws/s3"):
        described = call("describe_key", KeyId=alias)
        w.check(described["KeyMetadata"]["KeyManager"] == "AWS", f"{alias} is AWS's own")
    key = call("create_key", Description="walk", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
    call("create_key", MultiRegion=True)
    call("describe_key", KeyId=key["KeyId"])
    call("describe_key", KeyId=key["Arn"])
    refused("NotFoundException", "describe_key", KeyId=nothing)
    refused("NotFoundException", "describe_key", KeyId="alias/nothing")
    call("create_alias", AliasName="alias/walk", TargetKeyId=key["KeyId"])
    refused("AlreadyExistsException", "create_alias", AliasName="alias/walk", TargetKeyId=key["KeyId"])
    refused("NotFoundException", "create_alias", AliasName="alias/other", TargetKeyId=nothing)
    refused("InvalidAliasNameException", "create_alias", AliasName="walk", TargetKeyId=key["KeyId"])
    call("update_alias", AliasName="alias/walk", TargetKeyId=key["KeyId"])
    call("list_aliases")
    call("list_aliases", KeyId=key["KeyId"])
    call("list_keys", Limit=1)
    call("get_key_policy", KeyId=key["KeyId"], PolicyName="default")
    call("get_key_rotation_status", KeyId=key["KeyId"])
    call("enable_key_rotation", KeyId=key["KeyId"])
    call("disable_key_rotation", KeyId=key["KeyId"])
    call("list_resource_tags", KeyId=key["KeyId"])
    call("tag_resource", KeyId=key["KeyId"], Tags=[{"TagKey": "c", "TagValue": ""}])
    call("untag_resource", KeyId=key["KeyId"], TagKeys=["c"])
    call("update_key_description", KeyId=key["KeyId"], Description="again")
    call("disable_key", KeyId=key["KeyId"])
    call("enable_key", KeyId=key["KeyId"])
    call("delete_alias", AliasName="alias/walk")
    refused("NotFoundException", "delete_alias", AliasName="alias/walk")
    call("schedule_key_deletion", KeyId=key["KeyId"], PendingWindowInDays=7)
    refused("KMSInvalidStateException", "enable_key", KeyId=key["KeyId"])
    call("cancel_key_deletion", KeyId=key["KeyId"])

    certificate = seed.certificate("us-east-1")
    w.call("acm", "describe_certificate", CertificateArn=certificate)
    w.call("acm", "list_certificates")
    made = w.call("acm", "request_certificate", DomainName="api.example.com", ValidationMethod="DNS",
                  SubjectAlternativeNames=["*.example.com"])["CertificateArn"]
    w.call("acm", "describe_certificate", CertificateArn=made)
    w.call("acm", "add_tags_to_certificate", CertificateArn=made, Tags=[{"Key": "a", "Value": "b"}])
    w.call("acm", "list_tags_for_certificate", CertificateArn=made)
    w.call("acm", "remove_tags_from_certificate", CertificateArn=made, Tags=[{"Key": "a"}])
    curve = w.call("acm", "request_certificate", DomainName="curve.example.com", ValidationMethod="DNS",
                   KeyAlgorithm="EC_prime256v1")["CertificateArn"]
    listed = lambda **p: {  # noqa: E731
        it["CertificateArn"] for it in w.call("acm", "list_certificates", **p)["CertificateSummaryList"]}
    every = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
    w.check(listed() == {certificate, made}, "elliptic curves are not listed unasked")
    w.check(listed(Includes={"keyTypes": every}) == {certificate, made, curve}, "they are when asked for")
    w.check(listed(Includes={"keyTypes": ["EC_prime256v1"]}) == {curve}, "and alone")
    w.check(listed(CertificateStatuses=["FAILED", "EXPIRED"]) == set(), "none has failed")
    w.check(listed(CertificateStatuses=["ISSUED"]) == {certificate, made}, "all are issued")
    paged, token = set(), {}
    for _ in range(3):
        page = w.call("acm", "list_certificates", MaxItems=1, Includes={"keyTypes": every}, **token)
        paged |= {it["CertificateArn"] for it in page["CertificateSummaryList"]}
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    w.check(paged == {certificate, made, curve} and not token, "page by page")
    w.refused("ResourceNotFoundException", "acm", "list_tags_for_certificate", CertificateArn=certificate[:-12] + "000000000000")
    w.refused("InvalidArnException", "acm", "describe_certificate", CertificateArn="arn:aws:iam::000000000000:role/x")
    w.call("acm", "delete_certificate", CertificateArn=curve)
    w.call("acm", "delete_certificate", CertificateArn=made)
    w.refused("ResourceNotFoundException", "acm", "describe_certificate", CertificateArn=made)
    w.refused("ResourceNotFoundException", "acm", "delete_certificate", CertificateArn=made)
