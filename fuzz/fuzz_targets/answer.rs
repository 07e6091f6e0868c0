//! Whatever AWS answers, it is told whether it is whole.
#![no_main]

use bicoastal_aws::Whole;
use libfuzzer_sys::fuzz_target;

const CALLS: &[(&str, &str)] = &[
    ("DynamoDB", "DescribeTable"),
    ("Elastic Load Balancing v2", "DescribeLoadBalancers"),
    ("IAM", "GetAccountAuthorizationDetails"),
    ("RDS", "DescribeDBClusters"),
    ("Route 53", "ListResourceRecordSets"),
    ("S3", "GetBucketReplication"),
];

fuzz_target!(|input: (u8, &[u8])| {
    let (service, operation) = CALLS[usize::from(input.0) % CALLS.len()];
    let _ = Whole.lacks(service, operation, "DBClusterIdentifier=app", input.1);
});
