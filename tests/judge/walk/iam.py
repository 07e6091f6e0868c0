"""IAM: roles, inline and attached policies, managed policies (iam.md); STS and who is calling."""

import json

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a b+c/é/*"}]})
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def walk(w):
    w.note = "iam"
    call = lambda operation, **p: w.call("iam", operation, **p)  # noqa: E731
    refused = lambda code, operation, **p: w.refused(code, "iam", operation, **p)  # noqa: E731

    w.call("sts", "get_caller_identity")
    made = call("create_role", RoleName="walk", Path="/app/", AssumeRolePolicyDocument=TRUST, Description="first",
                MaxSessionDuration=7200, PermissionsBoundary=READ, Tags=[{"Key": "Project", "Value": "x"}])
    w.check(made["Role"]["AssumeRolePolicyDocument"], "a role has its trust policy")
    refused("EntityAlreadyExists", "create_role", RoleName="WALK", AssumeRolePolicyDocument=TRUST)
    refused("MalformedPolicyDocument", "create_role", RoleName="bad", AssumeRolePolicyDocument="{}")
    refused("MalformedPolicyDocument", "create_role", RoleName="bad", AssumeRolePolicyDocument="not json")
    refused("ValidationError", "create_role", RoleName="bad name!", AssumeRolePolicyDocument=TRUST)
    refused("ValidationError", "create_role", RoleName="r" * 65, AssumeRolePolicyDocument=TRUST)
    refused("ValidationError", "create_role", RoleName="bad", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=60)
    refused("ValidationError", "create_role", RoleName="bad")
    refused("InvalidInput", "create_role", RoleName="bad", AssumeRolePolicyDocument=TRUST,
            Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    call("get_role", RoleName="walk")
    refused("NoSuchEntity", "get_role", RoleName="nobody")
    call("list_roles")
    call("list_roles", PathPrefix="/app/", MaxItems=1)
    call("update_role", RoleName="walk", Description="second", MaxSessionDuration=3600)
    refused("NoSuchEntity", "update_role", RoleName="nobody", Description="x")
    refused("ValidationError", "update_role", RoleName="walk", MaxSessionDuration=99999)
    call("update_role_description", RoleName="walk", Description="third")
    call("update_assume_role_policy", RoleName="walk", PolicyDocument=TRUST)
    refused("MalformedPolicyDocument", "update_assume_role_policy", RoleName="walk", PolicyDocument="{")
    refused("NoSuchEntity", "update_assume_role_policy", RoleName="nobody", PolicyDocument=TRUST)
    call("put_role_permissions_boundary", RoleName="walk", PermissionsBoundary=READ)
    refused("NoSuchEntity", "put_role_permissions_boundary", RoleName="walk",
            PermissionsBoundary="arn:aws:iam::000000000000:policy/nothing")
    call("delete_role_permissions_boundary", RoleName="walk")
    refused("NoSuchEntity", "delete_role_permissions_boundary", RoleName="nobody")
    call("tag_role", RoleName="walk", Tags=[{"Key": "More", "Value": ""}])
    call("list_role_tags", RoleName="walk")
    call("untag_role", RoleName="walk", TagKeys=["More"])
    refused("NoSuchEntity", "tag_role", RoleName="nobody", Tags=[{"Key": "a", "Value": "b"}])
    refused("NoSuchEntity", "untag_role", RoleName="nobody", TagKeys=["a"])

    call("put_role_policy", RoleName="walk", PolicyName="read", PolicyDocument=ALLOW)
    got = call("get_role_policy", RoleName="walk", PolicyName="read")
    w.check(got["PolicyDocument"]["Statement"][0]["Resource"].endswith("a b+c/é/*"), "a document comes back as it was")
    refused("NoSuchEntity", "get_role_policy", RoleName="walk", PolicyName="nothing")
    refused("MalformedPolicyDocument", "put_role_policy", RoleName="walk", PolicyName="bad", PolicyDocument="[]")
    refused("NoSuchEntity", "put_role_policy", RoleName="nobody", PolicyName="bad", PolicyDocument=ALLOW)
    huge = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::" + "b" * 60] * 200}]})
    refused("LimitExceeded", "put_role_policy", RoleName="walk", PolicyName="huge", PolicyDocument=huge)
    call("list_role_policies", RoleName="walk")
    refused("NoSuchEntity", "list_role_policies", RoleName="nobody")

    arn = call("create_policy", PolicyName="walk", Path="/app/", Description="p", PolicyDocument=ALLOW,
               Tags=[{"Key": "Project", "Value": "x"}])["Policy"]["Arn"]
    refused("EntityAlreadyExists", "create_policy", PolicyName="walk", PolicyDocument=ALLOW)
    refused("MalformedPolicyDocument", "create_policy", PolicyName="bad", PolicyDocument="{}")
    call("get_policy", PolicyArn=arn)
    refused("NoSuchEntity", "get_policy", PolicyArn=arn + "x")
    call("get_policy_version", PolicyArn=arn, VersionId="v1")
    refused("NoSuchEntity", "get_policy_version", PolicyArn=arn, VersionId="v9")
    for _ in range(4):
        call("create_policy_version", PolicyArn=arn, PolicyDocument=ALLOW, SetAsDefault=False)
    refused("LimitExceeded", "create_policy_version", PolicyArn=arn, PolicyDocument=ALLOW)
    refused("NoSuchEntity", "create_policy_version", PolicyArn=arn + "x", PolicyDocument=ALLOW)
    call("set_default_policy_version", PolicyArn=arn, VersionId="v2")
    refused("DeleteConflict", "delete_policy_version", PolicyArn=arn, VersionId="v2")
    refused("NoSuchEntity", "delete_policy_version", PolicyArn=arn, VersionId="v9")
    call("list_policy_versions", PolicyArn=arn)
    call("list_policies", Scope="Local")
    call("list_policies", Scope="AWS", MaxItems=5)
    call("tag_policy", PolicyArn=arn, Tags=[{"Key": "More", "Value": "y"}])
    call("list_policy_tags", PolicyArn=arn)
    call("untag_policy", PolicyArn=arn, TagKeys=["More"])
    refused("NoSuchEntity", "tag_policy", PolicyArn=arn + "x", Tags=[{"Key": "a", "Value": "b"}])
    refused("NoSuchEntity", "untag_policy", PolicyArn=arn + "x", TagKeys=["a"])

    call("attach_role_policy", RoleName="walk", PolicyArn=arn)
    call("attach_role_policy", RoleName="walk", PolicyArn=arn)
    refused("NoSuchEntity", "attach_role_policy", RoleName="nobody", PolicyArn=arn)
    refused("NoSuchEntity", "attach_role_policy", RoleName="walk", PolicyArn=arn + "x")
    call("list_attached_role_policies", RoleName="walk")
    refused("NoSuchEntity", "list_attached_role_policies", RoleName="nobody")
    call("list_entities_for_policy", PolicyArn=arn)
    call("list_instance_profiles_for_role", RoleName="walk")
    call("get_account_authorization_details", Filter=["Role"])
    call("get_account_authorization_details", MaxItems=1)
    call("get_account_authorization_details", Filter=["LocalManagedPolicy"])

    refused("DeleteConflict", "delete_policy", PolicyArn=arn)
    refused("DeleteConflict", "delete_role", RoleName="walk")
    call("detach_role_policy", RoleName="walk", PolicyArn=arn)
    refused("NoSuchEntity", "detach_role_policy", RoleName="walk", PolicyArn=arn)
    refused("DeleteConflict", "delete_role", RoleName="walk")
    call("delete_role_policy", RoleName="walk", PolicyName="read")
    refused("NoSuchEntity", "delete_role_policy", RoleName="walk", PolicyName="read")
    call("delete_role", RoleName="walk")
    refused("NoSuchEntity", "delete_role", RoleName="walk")
    for version in ("v1", "v3", "v4", "v5"):
        call("delete_policy_version", PolicyArn=arn, VersionId=version)
    call("delete_policy", PolicyArn=arn)
    refused("NoSuchEntity", "delete_policy", PolicyArn=arn)
    refused("NoSuchEntity", "list_policy_versions", PolicyArn=arn)
    refused("InvalidAction", "create_saml_provider", SAMLMetadataDocument="x" * 1000, Name="x")
