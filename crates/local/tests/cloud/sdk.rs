//! A real SDK client on the in-process connector.

use std::future::Future;

use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sts::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use bicoastal_local::Cloud;
use bicoastal_local::faults::{Effect, Rule};
use expect_test::{Expect, expect};

fn client(cloud: &Cloud, attempts: u32) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(cloud.http_client())
        .sleep_impl(cloud.sleep_impl())
        .time_source(cloud.time_source())
        .credentials_provider(Credentials::new("123456789012", "secret", None, None, "test"))
        .region(Region::new("ap-south-1"))
        .retry_config(RetryConfig::standard().with_max_attempts(attempts))
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The account the call was made as, or how the SDK saw it fail.
fn call(cloud: &Cloud, attempts: u32) -> String {
    let result = block_on(client(cloud, attempts).get_caller_identity().send());
    match result {
        Ok(answer) => answer.account.unwrap_or_default(),
        Err(SdkError::ServiceError(error)) => {
            format!("refused: {}", error.err().code().unwrap_or("no code"))
        }
        Err(SdkError::DispatchFailure(failure)) => {
            let kind = match (failure.is_io(), failure.is_timeout()) {
                (true, _) => "io",
                (_, true) => "timeout",
                _ => "other",
            };
            format!("dispatch failure, {kind}: {failure:?}")
                .split(", connection: ")
                .enumerate()
                .map(|(at, part)| match at {
                    0 => part.split(": DispatchFailure").next().unwrap_or_default().to_owned(),
                    _ => format!(", {}", part.split([' ', '}']).next().unwrap_or_default()),
                })
                .collect()
        }
        Err(other) => DisplayErrorContext(other).to_string(),
    }
}

#[test]
fn it_signs_for_its_region_and_account() {
    let cloud = Cloud::new();
    assert_eq!(call(&cloud, 1), "123456789012");
    assert_eq!(cloud.calls()[0].region, "ap-south-1");
}

#[test]
fn faults_as_the_sdk_sees_them() {
    let check = |effect: Effect, expected: Expect| {
        let cloud = Cloud::new();
        let born = cloud.now();
        cloud.faults().add(Rule::new(effect));
        let seen = call(&cloud, 1);
        expected.assert_eq(&format!("{seen} after {} ms", cloud.now() - born));
    };
    check(Effect::Throttle, expect!["refused: Throttling after 0 ms"]);
    check(Effect::ServerError(503), expect!["refused: ServiceUnavailable after 0 ms"]);
    check(Effect::RefuseConnection, expect!["dispatch failure, io, NeverConnected after 0 ms"]);
    check(
        Effect::ConnectTimeout,
        expect!["dispatch failure, timeout, NeverConnected after 3100 ms"],
    );
    check(Effect::LoseRequest, expect!["dispatch failure, io, Unknown after 0 ms"]);
    check(Effect::LoseAnswer, expect!["dispatch failure, io, Unknown after 0 ms"]);
    check(Effect::Delay(2_000), expect!["123456789012 after 2000 ms"]);
}

#[test]
fn it_backs_off_in_virtual_time() {
    let cloud = Cloud::new();
    let born = cloud.now();
    cloud.faults().add(Rule::new(Effect::Throttle).times(9));
    assert_eq!(call(&cloud, 10), "123456789012");
    assert_eq!(cloud.calls().len(), 10);
    // The SDK draws its back-off, so that only a floor is certain.
    assert!(cloud.now() > born);
}
