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
    w.call("acm", "delete_certificate", CertificateArn=made)
    w.refused("ResourceNotFoundException", "acm", "describe_certificate", CertificateArn=made)
    w.refused("ResourceNotFoundException", "acm", "delete_certificate", CertificateArn=made)
