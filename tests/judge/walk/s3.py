"""Buckets with every sub-configuration, objects, replication (s3.md)."""

import json

HERE, THERE = "us-east-1", "ap-south-1"
A, B = "walk-assets-here", "walk-assets-there"


def walk(w):
    w.note = "s3"

    def call(operation, region=HERE, **p):
        return w.call("s3", operation, region=region, **p)

    def refused(code, operation, region=HERE, **p):
        return w.refused(code, "s3", operation, region=region, **p)

    # §1 buckets.
    call("create_bucket", Bucket=A)
    call("create_bucket", Bucket=A)
    call("create_bucket", region=THERE, Bucket=B, CreateBucketConfiguration={"LocationConstraint": THERE,
         "Tags": [{"Key": "Project", "Value": "x"}]})
    refused("BucketAlreadyOwnedByYou", "create_bucket", region=THERE, Bucket=B, CreateBucketConfiguration={"LocationConstraint": THERE})
    w.refused("BucketAlreadyExists", "s3", "create_bucket", key="111111111111", Bucket=A)
    for name in ("Bad_Name", "ab", "xn--bad", "192.0.2.1", "a..b", "bad-s3alias"):
        refused("InvalidBucketName", "create_bucket", Bucket=name)
    refused("IllegalLocationConstraintException", "create_bucket", region=THERE, Bucket="walk-elsewhere")
    refused("IllegalLocationConstraintException", "create_bucket", region=THERE, Bucket="walk-elsewhere",
            CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    call("head_bucket", Bucket=A)
    refused("404", "head_bucket", Bucket="walk-nothing")
    w.refused("403", "s3", "head_bucket", key="111111111111", Bucket=A)
    located = call("get_bucket_location", Bucket=A)
    w.check(located["LocationConstraint"] is None, "us-east-1 has no location constraint")
    w.check(call("get_bucket_location", region=THERE, Bucket=B)["LocationConstraint"] == THERE, "elsewhere has one")
    call("list_buckets")
    page = call("list_buckets", MaxBuckets=1)
    w.check("ContinuationToken" in page, "buckets come in pages")
    call("list_buckets", Prefix="walk-assets", BucketRegion=THERE)

    # §2 what is there without having been said, and what is not.
    enc = call("get_bucket_encryption", Bucket=A)["ServerSideEncryptionConfiguration"]["Rules"][0]
    w.check(enc["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256", "a new bucket is encrypted")
    block = call("get_public_access_block", Bucket=A)["PublicAccessBlockConfiguration"]
    w.check(all(block.values()) and len(block) == 4, "a new bucket is private")
    owner = call("get_bucket_ownership_controls", Bucket=A)["OwnershipControls"]["Rules"][0]
    w.check(owner["ObjectOwnership"] == "BucketOwnerEnforced", "a new bucket has no ACLs")
    call("get_bucket_acl", Bucket=A)
    w.check("Status" not in call("get_bucket_versioning", Bucket=A), "versioning was never set")
    call("get_bucket_logging", Bucket=A)
    call("get_bucket_request_payment", Bucket=A)
    call("get_bucket_accelerate_configuration", Bucket=A)
    call("get_bucket_notification_configuration", Bucket=A)
    for code, what in (("NoSuchBucketPolicy", "policy"), ("NoSuchLifecycleConfiguration", "lifecycle_configuration"),
                       ("NoSuchTagSet", "tagging"), ("NoSuchCORSConfiguration", "cors"), ("NoSuchWebsiteConfiguration", "website"),
                       ("ReplicationConfigurationNotFoundError", "replication")):
        refused(code, f"get_bucket_{what}", Bucket=A)
    refused("ObjectLockConfigurationNotFoundError", "get_object_lock_configuration", Bucket=A)
    for what in ("policy", "lifecycle_configuration", "tagging", "cors", "replication", "encryption", "versioning", "logging",
                 "ownership_controls", "location"):
        refused("NoSuchBucket", f"get_bucket_{what}", Bucket="walk-nothing")
    refused("NoSuchBucket", "get_public_access_block", Bucket="walk-nothing")

    # Every sub-configuration set, read, and taken back.
    call("put_bucket_ownership_controls", Bucket=A, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]})
    call("get_bucket_ownership_controls", Bucket=A)
    call("delete_bucket_ownership_controls", Bucket=A)
    refused("OwnershipControlsNotFoundError", "get_bucket_ownership_controls", Bucket=A)
    call("put_bucket_ownership_controls", Bucket=A, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    refused("AccessControlListNotSupported", "put_bucket_acl", Bucket=A, ACL="public-read")
    public = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                         "Resource": f"arn:aws:s3:::{A}/*"}]})
    refused("AccessDenied", "put_bucket_policy", Bucket=A, Policy=public)
    call("put_public_access_block", Bucket=A, PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False})
    call("put_bucket_policy", Bucket=A, Policy=public)
    call("get_bucket_policy", Bucket=A)
    w.check(call("get_bucket_policy_status", Bucket=A)["PolicyStatus"]["IsPublic"], "a public policy is public")
    call("delete_bucket_policy", Bucket=A)
    refused("MalformedPolicy", "put_bucket_policy", Bucket=A, Policy="{")
    refused("MalformedPolicy", "put_bucket_policy", Bucket=A, Policy=public.replace(A, "another-bucket"))
    refused("MalformedPolicy", "put_bucket_policy", Bucket=A, Policy=public.replace('"Principal": "*"',
            '"Principal": {"AWS": "arn:aws:iam::000000000000:role/nobody"}'))
    call("delete_public_access_block", Bucket=A)
    refused("NoSuchPublicAccessBlockConfiguration", "get_public_access_block", Bucket=A)
    call("put_bucket_encryption", Bucket=A, ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/aws/s3"}, "BucketKeyEnabled": True}]})
    call("get_bucket_encryption", Bucket=A)
    call("delete_bucket_encryption", Bucket=A)
    call("put_bucket_tagging", Bucket=A, Tagging={"TagSet": [{"Key": "Project", "Value": "x"}, {"Key": "empty", "Value": ""}]})
    call("get_bucket_tagging", Bucket=A)
    call("delete_bucket_tagging", Bucket=A)
    refused("InvalidTag", "put_bucket_tagging", Bucket=A, Tagging={"TagSet": [{"Key": "aws:x", "Value": "x"}]})
    refused("InvalidTag", "put_bucket_tagging", Bucket=A, Tagging={"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]})
    rules = [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 90},
         "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}], "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        {"ID": "versions", "Status": "Disabled", "Filter": {"And": {"Prefix": "x/", "Tags": [{"Key": "k", "Value": "v"}],
         "ObjectSizeGreaterThan": 1000}}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 3},
         "NoncurrentVersionTransitions": [{"NoncurrentDays": 10, "StorageClass": "GLACIER"}]},
        {"ID": "markers", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    ]
    call("put_bucket_lifecycle_configuration", Bucket=A, LifecycleConfiguration={"Rules": rules})
    w.later(300)
    w.check(len(call("get_bucket_lifecycle_configuration", Bucket=A)["Rules"]) == 3, "the rules are there")
    call("delete_bucket_lifecycle", Bucket=A)
    w.later(300)
    refused("InvalidArgument", "put_bucket_lifecycle_configuration", Bucket=A, LifecycleConfiguration={"Rules": [
        {**rules[0], "Transitions": [{"Days": 10, "StorageClass": "STANDARD_IA"}]}]})
    refused("InvalidArgument", "put_bucket_lifecycle_configuration", Bucket=A, LifecycleConfiguration={"Rules": [rules[0], rules[0]]})
    call("put_bucket_cors", Bucket=A, CORSConfiguration={"CORSRules": [
        {"ID": "r", "AllowedMethods": ["GET", "HEAD"], "AllowedOrigins": ["https://example.com"], "AllowedHeaders": ["*"],
         "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]})
    call("get_bucket_cors", Bucket=A)
    call("delete_bucket_cors", Bucket=A)
    refused("InvalidRequest", "put_bucket_cors", Bucket=A, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["FETCH"], "AllowedOrigins": ["*"]}]})
    call("create_bucket", Bucket="walk-logs")
    call("put_bucket_policy", Bucket="walk-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::walk-logs/*"}]}))
    call("put_bucket_logging", Bucket=A, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "walk-logs", "TargetPrefix": "a/"}})
    call("get_bucket_logging", Bucket=A)
    call("put_bucket_logging", Bucket=A, BucketLoggingStatus={})
    refused("InvalidTargetBucketForLogging", "put_bucket_logging", Bucket=A, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "walk-nothing", "TargetPrefix": ""}})
    call("put_bucket_accelerate_configuration", Bucket=A, AccelerateConfiguration={"Status": "Suspended"})
    call("put_bucket_request_payment", Bucket=A, RequestPaymentConfiguration={"Payer": "BucketOwner"})
    call("put_bucket_website", Bucket=A, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}})
    call("get_bucket_website", Bucket=A)
    call("delete_bucket_website", Bucket=A)
    call("put_bucket_analytics_configuration", Bucket=A, Id="all", AnalyticsConfiguration={"Id": "all", "StorageClassAnalysis": {}})
    call("put_bucket_metrics_configuration", Bucket=A, Id="all", MetricsConfiguration={"Id": "all"})
    call("put_bucket_intelligent_tiering_configuration", Bucket=A, Id="cold", IntelligentTieringConfiguration={
        "Id": "cold", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]})
    call("put_bucket_inventory_configuration", Bucket=A, Id="week", InventoryConfiguration={
        "Id": "week", "IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Weekly"},
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::walk-logs", "Format": "CSV"}}})
    w.later(300)
    for kind, name in (("analytics", "all"), ("metrics", "all"), ("intelligent_tiering", "cold"), ("inventory", "week")):
        call(f"get_bucket_{kind}_configuration", Bucket=A, Id=name)
        call(f"list_bucket_{kind}_configurations", Bucket=A)
        call(f"delete_bucket_{kind}_configuration", Bucket=A, Id=name)
    call("put_bucket_notification_configuration", Bucket=A, NotificationConfiguration={"EventBridgeConfiguration": {}})
    call("get_bucket_notification_configuration", Bucket=A)

    # §6 replication.
    role = "arn:aws:iam::000000000000:role/walk-replication"
    w.call("iam", "create_role", RoleName="walk-replication", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    w.later(60)

    def rule(to, **rest):
        return {"ID": "all", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Enabled"}, "Destination": {"Bucket": f"arn:aws:s3:::{to}"}, **rest}

    refused("InvalidRequest", "put_bucket_replication", Bucket=A, ReplicationConfiguration={"Role": role, "Rules": [rule(B)]}, says="versioning")
    for region, name in ((HERE, A), (THERE, B)):
        call("put_bucket_versioning", region=region, Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    w.check(call("get_bucket_versioning", Bucket=A)["Status"] == "Enabled", "versioning is on")
    w.later(900)
    call("put_bucket_replication", Bucket=A, ReplicationConfiguration={"Role": role, "Rules": [rule(B)]})
    call("put_bucket_replication", region=THERE, Bucket=B, ReplicationConfiguration={"Role": role, "Rules": [rule(
        A, SourceSelectionCriteria={"ReplicaModifications": {"Status": "Enabled"}})]})
    call("get_bucket_replication", Bucket=A)
    with_time = rule(B)
    with_time["Destination"] = {**with_time["Destination"], "StorageClass": "STANDARD_IA",
                                "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                                "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}}
    call("put_bucket_replication", Bucket=A, ReplicationConfiguration={"Role": role, "Rules": [with_time]})
    call("get_bucket_replication", Bucket=A)
    no_destination = {"Role": role, "Rules": [rule("walk-nothing")]}
    refused("InvalidRequest", "put_bucket_replication", Bucket=A, ReplicationConfiguration=no_destination)
    refused("MalformedXML", "put_bucket_replication", Bucket=A, ReplicationConfiguration={"Role": role, "Rules": []})
    refused("InvalidBucketState", "put_bucket_versioning", Bucket=A, VersioningConfiguration={"Status": "Suspended"})

    # Objects, and what crosses.
    put = call("put_object", Bucket=A, Key="dir/one.txt", Body=b"hello", ContentType="text/plain", Metadata={"k": "v"}, Tagging="a=b")
    w.check("VersionId" in put and put["ETag"].startswith('"'), "an object has a version and a tag")
    w.later(1200)
    there = call("get_object", region=THERE, Bucket=B, Key="dir/one.txt")
    w.check(there and there["Body"].read() == b"hello" and there.get("ReplicationStatus") == "REPLICA", "an object crosses")
    head = call("head_object", Bucket=A, Key="dir/one.txt")
    w.check(head.get("ReplicationStatus") == "COMPLETED", "and its source says so")
    refused("NoSuchKey", "get_object", Bucket=A, Key="nothing")
    refused("404", "head_object", Bucket=A, Key="nothing")
    refused("NoSuchBucket", "put_object", Bucket="walk-nothing", Key="x", Body=b"")
    refused("PreconditionFailed", "put_object", Bucket=A, Key="dir/one.txt", Body=b"x", IfNoneMatch="*")
    refused("PreconditionFailed", "put_object", Bucket=A, Key="dir/one.txt", Body=b"x", IfMatch='"0"')
    refused("NoSuchKey", "put_object", Bucket=A, Key="never", Body=b"x", IfMatch='"0"')
    refused("304", "get_object", Bucket=A, Key="dir/one.txt", IfNoneMatch=put["ETag"])
    refused("InvalidRange", "get_object", Bucket=A, Key="dir/one.txt", Range="bytes=100-200")
    call("get_object", Bucket=A, Key="dir/one.txt", Range="bytes=1-2")
    call("put_object", Bucket=A, Key="dir/one.txt", Body=b"again", IfMatch=put["ETag"])
    call("get_object_tagging", Bucket=A, Key="dir/one.txt")
    call("put_object_tagging", Bucket=A, Key="dir/one.txt", Tagging={"TagSet": [{"Key": "c", "Value": "d"}]})
    call("delete_object_tagging", Bucket=A, Key="dir/one.txt")
    call("get_object_acl", Bucket=A, Key="dir/one.txt")
    call("get_object_attributes", Bucket=A, Key="dir/one.txt", ObjectAttributes=["ETag", "ObjectSize", "StorageClass"])
    call("copy_object", Bucket=A, Key="copy", CopySource={"Bucket": A, "Key": "dir/one.txt"})
    call("list_objects", Bucket=A, Delimiter="/")
    call("list_objects_v2", Bucket=A, Prefix="dir/", MaxKeys=1)
    refused("NoSuchBucket", "list_objects_v2", Bucket="walk-nothing")
    call("list_object_versions", Bucket=A)
    upload = call("create_multipart_upload", Bucket=A, Key="big")["UploadId"]
    part = call("upload_part", Bucket=A, Key="big", UploadId=upload, PartNumber=1, Body=b"part")
    call("list_parts", Bucket=A, Key="big", UploadId=upload)
    call("list_multipart_uploads", Bucket=A)
    refused("InvalidPart", "complete_multipart_upload", Bucket=A, Key="big", UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": '"0"'}]})
    call("complete_multipart_upload", Bucket=A, Key="big", UploadId=upload,
         MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    refused("NoSuchUpload", "abort_multipart_upload", Bucket=A, Key="big", UploadId="none")
    other = call("create_multipart_upload", Bucket=A, Key="big")["UploadId"]
    call("abort_multipart_upload", Bucket=A, Key="big", UploadId=other)
    deleted = call("delete_object", Bucket=A, Key="copy")
    w.check(deleted.get("DeleteMarker"), "a delete in a versioned bucket leaves a marker")
    refused("NoSuchKey", "get_object", Bucket=A, Key="copy")

    # boto3 follows a redirect to the bucket's region by itself.
    call("list_objects_v2", region=HERE, Bucket=B)

    # The end.
    refused("BucketNotEmpty", "delete_bucket", Bucket=A)
    call("delete_bucket_replication", Bucket=A)
    call("delete_bucket_replication", region=THERE, Bucket=B)
    w.later(300)
    for region, name in ((HERE, A), (THERE, B)):
        versions = call("list_object_versions", region=region, Bucket=name)
        every = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in versions.get("Versions", []) + versions.get("DeleteMarkers", [])]
        if every:
            call("delete_objects", region=region, Bucket=name, Delete={"Objects": every, "Quiet": False})
        call("delete_bucket", region=region, Bucket=name)
    refused("NoSuchBucket", "delete_bucket", Bucket=A)
    call("delete_bucket", Bucket="walk-logs")
    locked = call("create_bucket", Bucket="walk-locked", ObjectLockEnabledForBucket=True)
    w.check(locked is not None, "a bucket with object lock")
    call("get_object_lock_configuration", Bucket="walk-locked")
    call("put_object_lock_configuration", Bucket="walk-locked", ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}})
    call("get_object_lock_configuration", Bucket="walk-locked")
    refused("InvalidBucketState", "put_bucket_versioning", Bucket="walk-locked", VersioningConfiguration={"Status": "Suspended"})
    call("delete_bucket", Bucket="walk-locked")
