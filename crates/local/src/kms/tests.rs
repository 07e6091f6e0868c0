use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{handle, resolve};
use crate::call::{Call, Request, Service};
use crate::world::{DEFAULT_ACCOUNT, World};

fn kms(world: &mut World, operation: &str, body: &Value) -> Result<Value, String> {
    let call = Call {
        account: DEFAULT_ACCOUNT.into(),
        region: "us-east-1".into(),
        service: Service::Kms,
        operation: operation.into(),
        request: Request { body: body.to_string().into_bytes().into(), ..Request::default() },
    };
    match handle(world, &call) {
        Ok(reply) if reply.body.is_empty() => Ok(Value::Null),
        Ok(reply) => Ok(serde_json::from_slice(&reply.body).unwrap()),
        Err(fault) => Err(format!("{} {}: {}", fault.status, fault.code, fault.message)),
    }
}

fn check(answer: Result<Value, String>, expect: Expect) {
    match answer {
        Ok(value) => expect.assert_eq(&format!("{value:#}\n")),
        Err(fault) => expect.assert_eq(&fault),
    }
}

#[test]
fn managed_keys_exist_in_every_region_and_stay_the_same() {
    let mut world = World::default();
    let here = resolve(&world, DEFAULT_ACCOUNT, "us-east-1", "alias/aws/rds").unwrap();
    let there = resolve(&world, DEFAULT_ACCOUNT, "ap-south-1", "alias/aws/rds").unwrap();
    assert_ne!(here, there);
    assert_eq!(resolve(&world, DEFAULT_ACCOUNT, "us-east-1", &here), Some(here.clone()));
    assert_eq!(resolve(&world, DEFAULT_ACCOUNT, "ap-south-1", &here), None);
    assert_eq!(resolve(&world, DEFAULT_ACCOUNT, "us-east-1", "alias/aws/nothing"), None);
    check(
        kms(&mut world, "DescribeKey", &json!({ "KeyId": "alias/aws/rds" })),
        expect![[r#"
            {
              "KeyMetadata": {
                "AWSAccountId": "000000000000",
                "Arn": "arn:aws:kms:us-east-1:000000000000:key/419b5391-90ab-0c13-b0a4-a9515e56a659",
                "CreationDate": 0.0,
                "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
                "Description": "Default key that protects my RDS data when no other key is defined",
                "Enabled": true,
                "EncryptionAlgorithms": [
                  "SYMMETRIC_DEFAULT"
                ],
                "KeyId": "419b5391-90ab-0c13-b0a4-a9515e56a659",
                "KeyManager": "AWS",
                "KeySpec": "SYMMETRIC_DEFAULT",
                "KeyState": "Enabled",
                "KeyUsage": "ENCRYPT_DECRYPT",
                "MultiRegion": false,
                "Origin": "AWS_KMS"
              }
            }
        "#]],
    );
}

#[test]
fn a_key_is_found_by_its_alias_until_it_is_deleted() {
    let mut world = World::default();
    let key = kms(&mut world, "CreateKey", &json!({ "Description": "data" })).unwrap();
    let id = key["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let alias = json!({ "AliasName": "alias/data", "TargetKeyId": id });
    kms(&mut world, "CreateAlias", &alias).unwrap();
    check(
        kms(&mut world, "CreateAlias", &alias),
        expect![
            "400 AlreadyExistsException: An alias with the name arn:aws:kms:us-east-1:000000000000:alias/data already exists"
        ],
    );
    assert!(resolve(&world, DEFAULT_ACCOUNT, "us-east-1", "alias/data").unwrap().ends_with(&id));
    check(
        kms(&mut world, "ListAliases", &json!({ "KeyId": id })),
        expect![[r#"
        {
          "Aliases": [
            {
              "AliasArn": "arn:aws:kms:us-east-1:000000000000:alias/data",
              "AliasName": "alias/data",
              "CreationDate": 1767225600.0,
              "LastUpdatedDate": 1767225600.0,
              "TargetKeyId": "e6a4ad3c-8969-9b36-b79b-4a736af9958f"
            }
          ],
          "Truncated": false
        }
    "#]],
    );
    kms(&mut world, "DisableKey", &json!({ "KeyId": id })).unwrap();
    assert_eq!(resolve(&world, DEFAULT_ACCOUNT, "us-east-1", "alias/data"), None);
    let gone = json!({ "KeyId": id, "PendingWindowInDays": 7 });
    check(
        kms(&mut world, "ScheduleKeyDeletion", &gone),
        expect![[r#"
        {
          "DeletionDate": 1767830400.0,
          "KeyId": "arn:aws:kms:us-east-1:000000000000:key/e6a4ad3c-8969-9b36-b79b-4a736af9958f",
          "KeyState": "PendingDeletion",
          "PendingWindowInDays": 7
        }
    "#]],
    );
    check(
        kms(&mut world, "ScheduleKeyDeletion", &gone),
        expect![
            "400 KMSInvalidStateException: arn:aws:kms:us-east-1:000000000000:key/e6a4ad3c-8969-9b36-b79b-4a736af9958f is pending deletion."
        ],
    );
    world.now_ms += 7 * 86_400_000;
    check(
        kms(&mut world, "DescribeKey", &json!({ "KeyId": id })),
        expect![
            "400 NotFoundException: Key 'arn:aws:kms:us-east-1:000000000000:key/e6a4ad3c-8969-9b36-b79b-4a736af9958f' does not exist"
        ],
    );
}

#[test]
fn refusals() {
    let mut world = World::default();
    for (operation, body, expect) in [
        (
            "Frobnicate",
            json!({}),
            expect!["400 UnknownOperationException: The operation Frobnicate is not known"],
        ),
        (
            "DescribeKey",
            json!({}),
            expect![
                "400 ValidationException: 1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null"
            ],
        ),
        (
            "DescribeKey",
            json!({ "KeyId": "alias/none" }),
            expect![
                "400 NotFoundException: Alias arn:aws:kms:us-east-1:000000000000:alias/none is not found."
            ],
        ),
        (
            "DescribeKey",
            json!({ "KeyId": "arn:aws:kms:eu-west-1:000000000000:key/1" }),
            expect!["400 NotFoundException: Invalid arn eu-west-1"],
        ),
        (
            "CreateAlias",
            json!({ "AliasName": "data", "TargetKeyId": "1" }),
            expect![[
                r#"400 InvalidAliasNameException: Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"#
            ]],
        ),
        (
            "CreateAlias",
            json!({ "AliasName": "alias/aws/x", "TargetKeyId": "1" }),
            expect!["400 NotAuthorizedException: "],
        ),
        (
            "DisableKey",
            json!({ "KeyId": "alias/aws/s3" }),
            expect![
                "400 AccessDeniedException: arn:aws:kms:us-east-1:000000000000:key/8bac2a80-23e8-b44e-bf75-0deeaeb8c209 is managed by AWS and cannot be changed"
            ],
        ),
        (
            "CreateKey",
            json!({ "Policy": "{" }),
            expect!["400 MalformedPolicyDocumentException: The policy is not valid JSON"],
        ),
    ] {
        check(kms(&mut world, operation, &body), expect);
    }
}

#[test]
fn lists_come_in_pages() {
    let mut world = World::default();
    check(
        kms(&mut world, "ListAliases", &json!({ "Limit": 1 })),
        expect![[r#"
        {
          "Aliases": [
            {
              "AliasArn": "arn:aws:kms:us-east-1:000000000000:alias/aws/dynamodb",
              "AliasName": "alias/aws/dynamodb",
              "CreationDate": 0.0,
              "LastUpdatedDate": 0.0,
              "TargetKeyId": "62aad750-2d74-8ea5-11a6-85072eafaf71"
            }
          ],
          "NextMarker": "alias/aws/dynamodb",
          "Truncated": true
        }
    "#]],
    );
    let next = kms(&mut world, "ListKeys", &json!({ "Limit": 4 })).unwrap();
    let rest = kms(&mut world, "ListKeys", &json!({ "Marker": next["NextMarker"] })).unwrap();
    assert_eq!(rest["Keys"].as_array().unwrap().len(), 1);
    assert_eq!(rest["Truncated"], false);
}
