//! Sub-configurations: what is absent, what is refused, what is filled in.

use expect_test::{Expect, expect};

use super::{S3, With};
use crate::s3::documents::{ALL, LISTS};

#[test]
fn what_a_new_bucket_answers() {
    let mut s3 = S3::default();
    s3.bucket("new", "us-east-1");
    let answers: Vec<String> = ALL
        .iter()
        .filter(|document| document.query != "acl")
        .map(|document| {
            let answer = s3.get(&format!("GET /new?{}", document.query));
            let answer = answer.split(": ").next().unwrap_or_default();
            format!("{}: {answer}\n", document.query)
        })
        .collect();
    expect![[r#"
        abac: 200 <AbacStatus><Status>Disabled</Status></AbacStatus>
        accelerate: 200 <AccelerateConfiguration></AccelerateConfiguration>
        cors: 404 NoSuchCORSConfiguration
        encryption: 200 <ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>
        lifecycle: 404 NoSuchLifecycleConfiguration
        logging: 200 <BucketLoggingStatus></BucketLoggingStatus>
        notification: 200 <NotificationConfiguration></NotificationConfiguration>
        object-lock: 404 ObjectLockConfigurationNotFoundError
        ownershipControls: 200 <OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>
        policy: 404 NoSuchBucketPolicy
        publicAccessBlock: 200 <PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>
        replication: 404 ReplicationConfigurationNotFoundError
        requestPayment: 200 <RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>
        tagging: 404 NoSuchTagSet
        versioning: 200 <VersioningConfiguration></VersioningConfiguration>
        website: 404 NoSuchWebsiteConfiguration
    "#]]
    .assert_eq(&answers.concat());
}

#[test]
fn what_is_left_after_deletion() {
    let mut s3 = S3::default();
    s3.bucket("new", "us-east-1");
    for document in ALL.iter().filter(|document| document.delete.is_some()) {
        assert_eq!(s3.get(&format!("DELETE /new?{}", document.query)), "204");
    }
    let mut check = |query: &str, expect: Expect| {
        expect.assert_eq(s3.get(&format!("GET /new?{query}")).split(": ").next().unwrap());
    };
    check("publicAccessBlock", expect!["404 NoSuchPublicAccessBlockConfiguration"]);
    check("ownershipControls", expect!["404 OwnershipControlsNotFoundError"]);
    // Encryption cannot be absent: it falls back.
    check(
        "encryption",
        expect![
            "200 <ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"
        ],
    );
}

#[test]
fn documents_that_are_refused() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    s3.bucket("far", "ap-south-1");
    let mut check = |query: &str, body: &str, expect: Expect| {
        let answer = s3.put(&format!("PUT /some?{query}"), body);
        expect.assert_eq(&answer);
    };
    check(
        "versioning",
        "<VersioningConfiguration/>",
        expect![
            "400 IllegalVersioningConfigurationException: The Versioning element must be specified"
        ],
    );
    check(
        "versioning",
        "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>",
        expect![
            "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"
        ],
    );
    check(
        "versioning",
        "<Wrong/>",
        expect![
            "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"
        ],
    );
    check(
        "versioning",
        "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>",
        expect!["403 AccessDenied: Access Denied"],
    );
    check(
        "encryption",
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
        expect![
            "400 InvalidArgument: a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        ],
    );
    check(
        "tagging",
        "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>a</Key><Value>2</Value></Tag></TagSet></Tagging>",
        expect!["400 InvalidTag: Cannot provide multiple Tags with the same key"],
    );
    check(
        "tagging",
        "<Tagging><TagSet><Tag><Key>aws:a</Key><Value>1</Value></Tag></TagSet></Tagging>",
        expect!["400 InvalidTag: System tags cannot be added/updated by requester"],
    );
    check(
        "tagging",
        &format!(
            "<Tagging><TagSet>{}</TagSet></Tagging>",
            (0..51).map(|n| format!("<Tag><Key>{n}</Key><Value/></Tag>")).collect::<String>()
        ),
        expect!["400 BadRequest: Bucket tag count cannot be greater than 50"],
    );
    check(
        "cors",
        "<CORSConfiguration/>",
        expect![
            "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"
        ],
    );
    check(
        "cors",
        "<CORSConfiguration><CORSRule><AllowedMethod>PATCH</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>",
        expect![
            "400 InvalidRequest: Found unsupported HTTP method in CORS config. Unsupported method is PATCH"
        ],
    );
    check(
        "cors",
        "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*.*</AllowedOrigin></CORSRule></CORSConfiguration>",
        expect![[
            r#"400 InvalidRequest: AllowedOrigin "*.*" can not have more than one wildcard."#
        ]],
    );
    check(
        "logging",
        "<BucketLoggingStatus><LoggingEnabled><TargetBucket>none</TargetBucket><TargetPrefix/></LoggingEnabled></BucketLoggingStatus>",
        expect!["400 InvalidTargetBucketForLogging: The target bucket for logging does not exist"],
    );
    check(
        "logging",
        "<BucketLoggingStatus><LoggingEnabled><TargetBucket>far</TargetBucket><TargetPrefix/></LoggingEnabled></BucketLoggingStatus>",
        expect!["403 CrossLocationLoggingProhibited: Cross S3 location logging not allowed."],
    );
    check(
        "website",
        "<WebsiteConfiguration/>",
        expect![
            "400 InvalidArgument: A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"
        ],
    );
    check(
        "website",
        "<WebsiteConfiguration><IndexDocument><Suffix>a/b</Suffix></IndexDocument></WebsiteConfiguration>",
        expect!["400 InvalidArgument: The IndexDocument Suffix is not well formed"],
    );
    check(
        "ownershipControls",
        "<OwnershipControls><Rule><ObjectOwnership>Nobody</ObjectOwnership></Rule></OwnershipControls>",
        expect![
            "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"
        ],
    );
    check(
        "object-lock",
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>",
        expect![
            "409 InvalidBucketState: Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        ],
    );
    check(
        "requestPayment",
        "<RequestPaymentConfiguration><Payer>Me</Payer></RequestPaymentConfiguration>",
        expect![
            "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"
        ],
    );
    check(
        "notification",
        "<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sns:x</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>",
        expect!["400 InvalidArgument: The ARN is not well formed"],
    );
    check(
        "acl",
        "",
        expect!["400 MissingSecurityHeader: Your request was missing a required header"],
    );
}

#[test]
fn lifecycle_rules() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    let mut check = |rule: &str, expect: Expect| {
        let body = format!("<LifecycleConfiguration><Rule>{rule}</Rule></LifecycleConfiguration>");
        expect.assert_eq(&s3.put("PUT /some?lifecycle", &body));
    };
    let on = "<Status>Enabled</Status><Filter/>";
    check(on, expect!["400 InvalidRequest: At least one action needs to be specified in a rule"]);
    check(
        "<Status>Enabled</Status><Expiration><Days>1</Days></Expiration>",
        expect![
            "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"
        ],
    );
    check(
        &format!("{on}<Expiration/>"),
        expect![
            "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"
        ],
    );
    check(
        &format!("{on}<Expiration><Days>0</Days></Expiration>"),
        expect!["400 InvalidArgument: 'Days' for Expiration action must be a positive integer"],
    );
    check(
        &format!("{on}<Expiration><Date>2030-01-01T12:00:00Z</Date></Expiration>"),
        expect!["400 InvalidArgument: 'Date' must be at midnight GMT"],
    );
    check(
        &format!(
            "{on}<Transition><Days>29</Days><StorageClass>ONEZONE_IA</StorageClass></Transition>"
        ),
        expect![
            "400 InvalidArgument: 'Days' in Transition action must be greater than or equal to 30 for storageClass 'ONEZONE_IA'"
        ],
    );
    check(
        &format!(
            "{on}<Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition><Expiration><Days>30</Days></Expiration>"
        ),
        expect![
            "400 InvalidArgument: 'Days' in the Expiration action for filter must be greater than 'Days' in the Transition action"
        ],
    );
    check(
        &format!(
            "{on}<Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition><Transition><Date>2030-01-01T00:00:00Z</Date><StorageClass>DEEP_ARCHIVE</StorageClass></Transition>"
        ),
        expect![
            "400 InvalidRequest: Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule"
        ],
    );
    check(
        &format!(
            "{on}<NoncurrentVersionExpiration><NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration>"
        ),
        expect![
            "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"
        ],
    );
    check(
        "<Status>Enabled</Status><Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter><AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
        expect![
            "400 InvalidRequest: AbortIncompleteMultipartUpload cannot be specified with Tags."
        ],
    );
    check(
        "<Status>Enabled</Status><Filter><And><Prefix>a</Prefix></And></Filter><Expiration><Days>1</Days></Expiration>",
        expect![
            "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema"
        ],
    );
    check(
        &format!(
            "{on}<Transition><Days>0</Days><StorageClass>INTELLIGENT_TIERING</StorageClass></Transition>"
        ),
        expect!["200"],
    );
    let two = "<LifecycleConfiguration>\
        <Rule><ID>z</ID><Status>Enabled</Status><Prefix/><Expiration><Days>1</Days></Expiration></Rule>\
        <Rule><ID>a</ID><Status>Disabled</Status><Filter/><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>\
        </LifecycleConfiguration>";
    assert_eq!(s3.put("PUT /some?lifecycle", two), "200");
    expect!["200 <LifecycleConfiguration><Rule><ID>a</ID><Status>Disabled</Status><Filter></Filter><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule><Rule><ID>z</ID><Status>Enabled</Status><Prefix></Prefix><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>"].assert_eq(&s3.get("GET /some?lifecycle"));
    let same = two.replace("<ID>z</ID>", "<ID>a</ID>");
    expect!["400 InvalidArgument: Rule ID must be unique. Found same ID for more than one rule"]
        .assert_eq(&s3.put("PUT /some?lifecycle", &same));
}

#[test]
fn configurations_with_ids() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    for list in LISTS {
        let empty = s3.get(&format!("GET /some?{}", list.query));
        assert_eq!(empty, format!("200 <{0}><IsTruncated>false</IsTruncated></{0}>", list.listing));
        let missing = s3.get(&format!("GET /some?{}&id=x", list.query));
        assert!(missing.starts_with("404 NoSuchConfiguration"), "{missing}");
        let missing = s3.get(&format!("DELETE /some?{}&id=x", list.query));
        assert!(missing.starts_with("404 NoSuchConfiguration"), "{missing}");
    }
    for number in 0..101 {
        let id = format!("m{number:03}");
        let body = format!("<MetricsConfiguration><Id>{id}</Id></MetricsConfiguration>");
        assert_eq!(s3.put(&format!("PUT /some?metrics&id={id}"), &body), "200");
    }
    let page = s3.get("GET /some?metrics");
    assert!(page.contains("<IsTruncated>true</IsTruncated>"));
    assert!(page.contains("<NextContinuationToken>m099</NextContinuationToken>"));
    expect!["200 <ListMetricsConfigurationsResult><MetricsConfiguration><Id>m100</Id></MetricsConfiguration><IsTruncated>false</IsTruncated><ContinuationToken>m099</ContinuationToken></ListMetricsConfigurationsResult>"]
        .assert_eq(&s3.get("GET /some?metrics&continuation-token=m099"));
}

#[test]
fn policies() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    let role = s3.role("reader");
    let policy = |principal: &str, rest: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::some/*"{rest}}}]}}"#
        )
    };
    let mut check = |policy: &str, expect: Expect| {
        let answer = s3.put("PUT /some?policy", policy);
        let status = s3.get("GET /some?policyStatus");
        let public = status.contains("<IsPublic>true</IsPublic>");
        expect.assert_eq(&format!("{answer} public={public}"));
    };
    check(
        "nothing",
        expect![
            "400 MalformedPolicy: Policies must be valid JSON and the first byte must be '{' public=false"
        ],
    );
    check("{", expect!["400 MalformedPolicy: This policy contains invalid Json public=false"]);
    check(
        r#"{"Version":"2012-10-17"}"#,
        expect!["400 MalformedPolicy: Missing required field Statement public=false"],
    );
    check(
        &policy(r#"{"AWS":"arn:aws:iam::000000000000:role/none"}"#, ""),
        expect!["400 MalformedPolicy: Invalid principal in policy public=false"],
    );
    check(
        &policy(r#""*""#, "").replace(":::some", ":::other"),
        expect!["400 MalformedPolicy: Policy has invalid resource public=false"],
    );
    check(
        &policy(r#""*""#, "").replace("s3:Get", "ec2:Get"),
        expect!["400 MalformedPolicy: Policy has invalid action public=false"],
    );
    check(
        &policy(r#""*""#, &format!(r#","Sid":"{}""#, "x".repeat(20_480))),
        expect![
            "400 MalformedPolicy: Policy exceeds the maximum allowed document size. public=false"
        ],
    );
    check(
        &policy(r#""*""#, ""),
        expect![
            "403 AccessDenied: User is not authorized to perform: s3:PutBucketPolicy because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access. public=false"
        ],
    );
    check(
        &policy(r#""*""#, r#","Condition":{"StringEquals":{"aws:SourceAccount":"000000000000"}}"#),
        expect!["204 public=false"],
    );
    check(&policy(&format!(r#"{{"AWS":["{role}"]}}"#), ""), expect!["204 public=false"]);
    s3.get("DELETE /some?publicAccessBlock");
    assert_eq!(s3.put("PUT /some?policy", &policy(r#"{"AWS":"*"}"#, "")), "204");
    assert!(s3.get("GET /some?policyStatus").contains("true"));
    // A role that is gone leaves its id behind, and its successor does not inherit.
    s3.put("PUT /some?policy", &policy(&format!(r#"{{"AWS":"{role}"}}"#), ""));
    assert!(s3.get("GET /some?policy").contains(&role));
    s3.delete_role("reader");
    assert!(s3.get("GET /some?policy").contains(r#"{"AWS":"AROA"#));
    s3.role("reader");
    assert!(s3.get("GET /some?policy").contains(r#"{"AWS":"AROA"#));
}

#[test]
fn writes_collide_and_reads_lag_on_request() {
    let mut s3 = S3::default();
    s3.bucket("some", "us-east-1");
    s3.world.set_duration_ms("s3.configuration.conflict", 500);
    s3.world.set_duration_ms("s3.configuration.read", 2_000);
    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>";
    assert_eq!(s3.put("PUT /some?tagging", tags), "204");
    expect!["409 OperationAborted: A conflicting conditional operation is currently in progress against this resource. Please try again."]
        .assert_eq(&s3.get("DELETE /some?cors"));
    assert!(s3.get("GET /some?tagging").starts_with("404 NoSuchTagSet"));
    s3.wait(2_000);
    assert!(s3.get("GET /some?tagging").starts_with("200"));
    assert_eq!(s3.get("DELETE /some?tagging"), "204");
    assert!(s3.get("GET /some?tagging").starts_with("200"));
    s3.wait(2_000);
    assert!(s3.get("GET /some?tagging").starts_with("404"));
}

#[test]
fn object_lock_versions_the_bucket_for_good() {
    let mut s3 = S3::default();
    let lock = [("x-amz-bucket-object-lock-enabled", "true")];
    s3.send("PUT /locked", With { headers: &lock, ..With::default() });
    assert!(s3.get("GET /locked?versioning").contains("<Status>Enabled</Status>"));
    assert!(s3.get("GET /locked?object-lock").contains("Enabled"));
    let suspend = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    expect!["409 InvalidBucketState: An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."]
        .assert_eq(&s3.put("PUT /locked?versioning", suspend));
}
