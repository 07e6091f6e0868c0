use expect_test::{Expect, expect};

use super::lacking;

/// Why the answer to a call is not believed, for each of some answers.
fn check(service: &str, operation: &str, asked: &str, answers: &[&str], expected: Expect) {
    let said = answers.iter().map(|answer| {
        lacking(service, operation, asked, answer.as_bytes()).unwrap_or_else(|| "whole".into())
    });
    expected.assert_eq(&said.collect::<Vec<_>>().join("\n"));
}

#[test]
fn an_empty_list_is_an_answer_and_a_missing_one_is_none() {
    let within = |inner: &str| {
        format!(
            "<DescribeDBClustersResponse><DescribeDBClustersResult>{inner}</DescribeDBClustersResult></DescribeDBClustersResponse>"
        )
    };
    check(
        "RDS",
        "DescribeDBClusters",
        "Action=DescribeDBClusters&Version=2014-10-31",
        &[
            &within("<DBClusters/>"),
            &within("<DBClusters></DBClusters><Marker>m</Marker>"),
            &within(""),
            &within("<DBClusters/><DBClusters/>"),
            &within("<DBClusters><DBCluster><Status>available</Status></DBCluster></DBClusters>"),
            &within("<DBClusters><Other/></DBClusters>"),
            "",
            "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters>",
            "<DescribeDBClustersResponse/>",
            "<html><body>Bad Gateway</body></html>",
            &(within("<DBClusters/>") + &within("<DBClusters/>")),
            &("<n>".repeat(100_000) + &"</n>".repeat(100_000)),
        ],
        expect![[r#"
            whole
            whole
            DescribeDBClustersResult lacks DBClusters
            DescribeDBClustersResult has more than one DBClusters
            DBCluster lacks DBClusterIdentifier
            Other is in DBClusters
            it ends after 0 bytes, before it is whole
            it ends after 66 bytes, before it is whole
            it is DescribeDBClustersResponse, not an answer to DescribeDBClusters
            it is html, not an answer to DescribeDBClusters
            at byte 217: a second document
            at byte 192: it is nested too deep"#]],
    );
    check(
        "RDS",
        "DescribeDBClusters",
        "Action=DescribeDBClusters&DBClusterIdentifier=app",
        &[&within("<DBClusters/>")],
        expect!["app was asked for, and is not in it"],
    );
}

#[test]
fn a_list_goes_on_where_it_says_so() {
    let page = |rest: &str| {
        format!("<ListHealthChecksResponse><HealthChecks/>{rest}</ListHealthChecksResponse>")
    };
    check(
        "Route 53",
        "ListHealthChecks",
        "",
        &[
            &page("<IsTruncated>false</IsTruncated>"),
            &page("<IsTruncated>true</IsTruncated><NextMarker>n</NextMarker>"),
            &page("<IsTruncated>true</IsTruncated>"),
            &page("<IsTruncated>maybe</IsTruncated>"),
            &page("<NextMarker>n</NextMarker>"),
            &page(""),
        ],
        expect![[r#"
            whole
            whole
            ListHealthChecksResponse lacks NextMarker
            ListHealthChecksResponse can't be believed about its IsTruncated
            ListHealthChecksResponse lacks IsTruncated
            whole"#]],
    );
}

#[test]
fn a_json_answer_is_an_object_with_what_it_promises() {
    let table = r#"{"Table":{"TableName":"t","TableStatus":"ACTIVE","TableArn":"arn","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"AttributeDefinitions":[]}}"#;
    check(
        "DynamoDB",
        "DescribeTable",
        "",
        &[table, "", "{}", r#"{"Table":null}"#, "[]", r#"{"Table":{"TableName":"t"}}"#],
        expect![[r#"
            whole
            EOF while parsing a value at line 1 column 0
            the answer lacks Table
            the answer lacks Table
            it is not an object
            Table lacks TableStatus"#]],
    );
    // Whether there is such an item is for DynamoDB to say, in a document.
    check(
        "DynamoDB",
        "GetItem",
        "",
        &["{}", ""],
        expect![[r#"
            whole
            EOF while parsing a value at line 1 column 0"#]],
    );
}

#[test]
fn marks_of_ours_have_their_values() {
    let tags = |tags: &str| {
        format!(
            "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList>{tags}</TagList></ListTagsForResourceResult></ListTagsForResourceResponse>"
        )
    };
    check(
        "RDS",
        "ListTagsForResource",
        "",
        &[
            &tags("<Tag><Key>Stage</Key></Tag>"),
            &tags("<Tag><Key>bicoastal:stack</Key><Value>shop</Value></Tag>"),
            &tags("<Tag><Key>bicoastal:stack</Key></Tag>"),
            &tags("<Tag><Value>shop</Value></Tag>"),
        ],
        expect![[r#"
            whole
            whole
            Tag lacks Value
            Tag lacks Key"#]],
    );
}

#[test]
fn what_was_made_has_a_name() {
    let made = |inner: &str| {
        format!(
            "<CreateRoleResponse><CreateRoleResult><Role>{inner}</Role></CreateRoleResult></CreateRoleResponse>"
        )
    };
    let role = "<RoleId>AROA1</RoleId><Arn>arn:aws:iam::1:role/r</Arn><Path>/</Path>";
    check(
        "IAM",
        "CreateRole",
        "",
        &[
            &made(&format!("<RoleName>r</RoleName>{role}")),
            &made(&format!("<QoleName>r</QoleName>{role}")),
            &made(&format!("<RoleName></RoleName>{role}")),
            &made("<RoleName>r</RoleName>"),
        ],
        expect![[r#"
            whole
            Role lacks RoleName
            Role can't be believed about its RoleName
            Role lacks RoleId"#]],
    );
}
