use expect_test::expect;
use serde_json::json;

use super::*;

/// A table with a sort key, a local and a global index.
fn orders() -> World {
    let mut world = World::default();
    let table = json!({
        "TableName": "orders",
        "AttributeDefinitions": [
            { "AttributeName": "user", "AttributeType": "S" },
            { "AttributeName": "at", "AttributeType": "N" },
            { "AttributeName": "total", "AttributeType": "N" },
            { "AttributeName": "state", "AttributeType": "S" },
        ],
        "KeySchema": [
            { "AttributeName": "user", "KeyType": "HASH" },
            { "AttributeName": "at", "KeyType": "RANGE" },
        ],
        "LocalSecondaryIndexes": [{
            "IndexName": "by-total",
            "KeySchema": [
                { "AttributeName": "user", "KeyType": "HASH" },
                { "AttributeName": "total", "KeyType": "RANGE" },
            ],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-state",
            "KeySchema": [
                { "AttributeName": "state", "KeyType": "HASH" },
                { "AttributeName": "at", "KeyType": "RANGE" },
            ],
            "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"] },
        }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    ok(&mut world, HERE, "CreateTable", table);
    pass(&mut world, 60);
    for (user, at, total, state) in [
        ("anna", 9, "12.50", "open"),
        ("anna", 10, "3", "paid"),
        ("anna", 100, "7", "open"),
        ("bert", 1, "1", "open"),
    ] {
        let item = json!({
            "user": { "S": user }, "at": { "N": at.to_string() }, "total": { "N": total },
            "state": { "S": state }, "note": { "S": format!("{user}{at}") },
        });
        ok(&mut world, HERE, "PutItem", json!({ "TableName": "orders", "Item": item }));
    }
    world
}

fn of(more: Value) -> Value {
    with(json!({ "TableName": "orders" }), more)
}

fn key(user: &str, at: i64) -> Value {
    json!({ "user": { "S": user }, "at": { "N": at.to_string() } })
}

/// `note` of each item found, the count, and the last key.
fn notes(world: &mut World, operation: &str, body: Value) -> String {
    match call(world, HERE, operation, of(body)) {
        Ok(answer) => {
            let notes: Vec<String> = answer["Items"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|item| format!("{}@{}", item["user"]["S"], item["at"]["N"]).replace('"', ""))
                .collect();
            format!(
                "{} ({} of {}){}",
                notes.join(" "),
                answer["Count"],
                answer["ScannedCount"],
                if answer.get("LastEvaluatedKey").is_some() { " …" } else { "" }
            )
        }
        Err(refusal) => refusal,
    }
}

#[test]
fn queries_follow_keys_and_order() {
    let mut world = orders();
    let anna = json!({ ":u": { "S": "anna" } });
    let range = json!({ ":u": { "S": "anna" }, ":n": { "N": "10" } });
    let user = json!({ "#u": "user", "#a": "at" });
    let cases = [
        json!({
            "KeyConditionExpression": "#u = :u", "ExpressionAttributeValues": anna,
            "ExpressionAttributeNames": { "#u": "user" },
        }),
        json!({
            "KeyConditionExpression": "#u = :u", "ExpressionAttributeValues": anna,
            "ExpressionAttributeNames": { "#u": "user" }, "ScanIndexForward": false, "Limit": 2,
        }),
        json!({
            "KeyConditionExpression": "#u = :u AND #a >= :n", "ExpressionAttributeNames": user,
            "ExpressionAttributeValues": range,
        }),
        json!({
            "KeyConditionExpression": "(#u = :u) AND (#a BETWEEN :n AND :n)",
            "ExpressionAttributeNames": user, "ExpressionAttributeValues": range,
        }),
        json!({
            "KeyConditionExpression": "#u = :u", "ExpressionAttributeNames": { "#u": "user" },
            "FilterExpression": "total > :n OR begins_with(note, :u)",
            "ExpressionAttributeValues": range,
        }),
        json!({
            "IndexName": "by-total", "KeyConditionExpression": "#u = :u",
            "ExpressionAttributeNames": { "#u": "user" }, "ExpressionAttributeValues": anna,
        }),
        json!({
            "IndexName": "by-state", "KeyConditionExpression": "#s = :s",
            "ExpressionAttributeNames": { "#s": "state" },
            "ExpressionAttributeValues": { ":s": { "S": "open" } },
        }),
        json!({
            "KeyConditionExpression": "#a = :n", "ExpressionAttributeNames": { "#a": "at" },
            "ExpressionAttributeValues": { ":n": { "N": "10" } },
        }),
        json!({
            "KeyConditionExpression": "#u = :u OR #a = :n", "ExpressionAttributeNames": user,
            "ExpressionAttributeValues": range,
        }),
        json!({
            "KeyConditionExpression": "#u = :u", "ExpressionAttributeNames": { "#u": "user" },
            "ExpressionAttributeValues": range,
        }),
        json!({
            "KeyConditionExpression": "#u = ", "ExpressionAttributeNames": { "#u": "user" },
            "ExpressionAttributeValues": anna,
        }),
        json!({
            "IndexName": "nothing", "KeyConditionExpression": "#u = :u",
            "ExpressionAttributeNames": { "#u": "user" }, "ExpressionAttributeValues": anna,
        }),
    ];
    let seen: Vec<String> =
        cases.into_iter().map(|case| notes(&mut world, "Query", case)).collect();
    expect![[r#"
        anna@9 anna@10 anna@100 (3 of 3)
        anna@100 anna@10 (2 of 2) …
        anna@10 anna@100 (2 of 2)
        anna@10 (1 of 1)
        anna@9 anna@10 anna@100 (3 of 3)
        anna@10 anna@100 anna@9 (3 of 3)
        bert@1 anna@9 anna@100 (3 of 3)
        ValidationException: Query condition missed key schema element: user
        ValidationException: Invalid KeyConditionExpression: Query key condition not supported
        ValidationException: Value provided in ExpressionAttributeValues unused in expressions: keys: {:n}
        ValidationException: Invalid KeyConditionExpression: Syntax error; near: "="
        ValidationException: The table does not have the specified index: nothing"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn an_index_shows_what_it_holds() {
    let mut world = orders();
    let query = json!({
        "IndexName": "by-state", "KeyConditionExpression": "#s = :s",
        "ExpressionAttributeNames": { "#s": "state" },
        "ExpressionAttributeValues": { ":s": { "S": "paid" } },
    });
    let answer = ok(&mut world, HERE, "Query", of(query));
    expect![[r#"[{"at":{"N":"10"},"state":{"S":"paid"},"total":{"N":"3"},"user":{"S":"anna"}}]"#]]
        .assert_eq(&answer["Items"].to_string());
}

#[test]
fn a_scan_is_read_in_pages() {
    let mut world = orders();
    let mut seen = Vec::new();
    let mut start = Value::Null;
    loop {
        let mut page = json!({ "Limit": 3 });
        if !start.is_null() {
            page["ExclusiveStartKey"] = start;
        }
        seen.push(notes(&mut world, "Scan", page.clone()));
        start = ok(&mut world, HERE, "Scan", of(page))["LastEvaluatedKey"].clone();
        if start.is_null() {
            break;
        }
    }
    seen.push(notes(&mut world, "Scan", json!({ "Select": "COUNT" })));
    seen.push(notes(
        &mut world,
        "Scan",
        json!({
            "FilterExpression": "NOT contains(note, :x) AND size(note) IN (:four, :six)",
            "ExpressionAttributeValues": {
                ":x": { "S": "bert" }, ":four": { "N": "4" }, ":six": { "N": "6" },
            },
        }),
    ));
    expect![[r#"
        anna@9 anna@10 anna@100 (3 of 3) …
        bert@1 (1 of 1)
         (4 of 4)
        anna@10 (1 of 4)"#]]
    .assert_eq(&seen.join("\n"));
}

#[test]
fn conditions_guard_writes() {
    let mut world = orders();
    let values = json!({ ":open": { "S": "open" }, ":n": { "N": "10" } });
    let states = json!({ "#s": "state" });
    let cases = [
        ("attribute_not_exists(note)", None, None),
        ("attribute_exists(note)", None, None),
        (
            "attribute_exists(note) AND #s = :open",
            Some(&states),
            Some(json!({ ":open": { "S": "open" } })),
        ),
        ("#s <> :open OR total < :n", Some(&states), Some(values.clone())),
        ("NOT #s = :open AND NOT (total < :n)", Some(&states), Some(values)),
        ("attribute_type(note, :t)", None, Some(json!({ ":t": { "S": "S" } }))),
        ("missing < :n", None, Some(json!({ ":n": { "N": "1" } }))),
        ("missing <> :n", None, Some(json!({ ":n": { "N": "1" } }))),
        ("exists(note)", None, None),
        ("note = :missing", None, None),
    ];
    let mut seen = String::new();
    for (condition, names, values) in cases {
        let body = of(json!({
            "Key": key("anna", 9), "ConditionExpression": condition,
            "ExpressionAttributeNames": names, "ExpressionAttributeValues": values,
            "UpdateExpression": "REMOVE unknown",
        }));
        seen += &format!(
            "{condition}\n    {}\n",
            match call(&mut world, HERE, "UpdateItem", body) {
                Ok(_) => "ok".to_owned(),
                Err(refusal) => refusal,
            }
        );
    }
    expect![[r#"
        attribute_not_exists(note)
            ConditionalCheckFailedException: The conditional request failed
        attribute_exists(note)
            ok
        attribute_exists(note) AND #s = :open
            ok
        #s <> :open OR total < :n
            ConditionalCheckFailedException: The conditional request failed
        NOT #s = :open AND NOT (total < :n)
            ConditionalCheckFailedException: The conditional request failed
        attribute_type(note, :t)
            ok
        missing < :n
            ConditionalCheckFailedException: The conditional request failed
        missing <> :n
            ok
        exists(note)
            ValidationException: Invalid function name; function: exists
        note = :missing
            ValidationException: An expression attribute value used in expression is not defined; attribute value: :missing
    "#]].assert_eq(&seen);
}

#[test]
fn a_failed_condition_can_show_the_item() {
    let mut world = orders();
    let body = of(json!({
        "Key": key("bert", 1), "ConditionExpression": "attribute_not_exists(note)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }));
    let call = Call {
        account: DEFAULT_ACCOUNT.into(),
        region: HERE.into(),
        service: Service::DynamoDb,
        operation: "DeleteItem".into(),
        request: Request { body: body.to_string().into_bytes().into(), ..Request::default() },
    };
    let fault = handle(&mut world, &call).unwrap_err();
    let reply = fault.reply(Service::DynamoDb, "id");
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(body["__type"], "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException");
    assert_eq!(body["Item"]["note"]["S"], "bert1");
}

#[test]
fn updates_set_remove_add_and_delete() {
    let mut world = orders();
    let cases = [
        (
            "SET total = total + :n, #x = if_not_exists(#x, :list)",
            json!({
                ":n": { "N": "0.5" }, ":list": { "L": [{ "S": "one" }] },
            }),
        ),
        ("SET #x = list_append(#x, :list)", json!({ ":list": { "L": [{ "S": "two" }] } })),
        ("SET #x[0] = :n REMOVE note", json!({ ":n": { "N": "1" } })),
        (
            "ADD visits :n, tags :set",
            json!({
                ":n": { "N": "2" }, ":set": { "SS": ["b", "a"] },
            }),
        ),
        (
            "ADD visits :n DELETE tags :set",
            json!({
                ":n": { "N": "-5" }, ":set": { "SS": ["b"] },
            }),
        ),
        ("DELETE tags :set", json!({ ":set": { "SS": ["a"] } })),
        ("SET #u = :u", json!({ ":u": { "S": "carl" } })),
        ("SET total = :s", json!({ ":s": { "S": "text" } })),
        ("SET #x.y = :s", json!({ ":s": { "S": "text" } })),
        ("SET v = missing", json!({})),
        ("SET v = :s, v.w = :s", json!({ ":s": { "S": "text" } })),
        ("SET v = :s SET w = :s", json!({ ":s": { "S": "text" } })),
        ("ADD state :n", json!({ ":n": { "N": "1" } })),
    ];
    let mut seen = String::new();
    for (text, values) in cases {
        let mut names = json!({});
        for (name, means) in [("#x", "list"), ("#u", "user")] {
            if text.contains(name) {
                names[name] = json!(means);
            }
        }
        let body = of(json!({
            "Key": key("anna", 9), "UpdateExpression": text, "ReturnValues": "UPDATED_NEW",
            "ExpressionAttributeNames": names, "ExpressionAttributeValues": values,
        }));
        seen += &format!(
            "{text}\n    {}\n",
            match call(&mut world, HERE, "UpdateItem", body) {
                Ok(answer) => answer.to_string(),
                Err(refusal) => refusal,
            }
        );
    }
    let whole = ok(&mut world, HERE, "GetItem", of(json!({ "Key": key("anna", 9) })));
    seen += &format!("{whole}\n");
    let made = ok(
        &mut world,
        HERE,
        "UpdateItem",
        of(json!({ "Key": key("new", 1), "ReturnValues": "ALL_NEW" })),
    );
    seen += &format!("{made}\n");
    expect![[r#"
        SET total = total + :n, #x = if_not_exists(#x, :list)
            {"Attributes":{"list":{"L":[{"S":"one"}]},"total":{"N":"13"}}}
        SET #x = list_append(#x, :list)
            {"Attributes":{"list":{"L":[{"S":"one"},{"S":"two"}]}}}
        SET #x[0] = :n REMOVE note
            {"Attributes":{"list":{"L":[{"N":"1"}]}}}
        ADD visits :n, tags :set
            {"Attributes":{"tags":{"SS":["a","b"]},"visits":{"N":"2"}}}
        ADD visits :n DELETE tags :set
            {"Attributes":{"tags":{"SS":["a"]},"visits":{"N":"-3"}}}
        DELETE tags :set
            {}
        SET #u = :u
            ValidationException: One or more parameter values were invalid: Cannot update attribute user. This attribute is part of the key
        SET total = :s
            ValidationException: One or more parameter values were invalid: Type mismatch for Index Key total Expected: N Actual: S IndexName: by-total
        SET #x.y = :s
            ValidationException: The document path provided in the update expression is invalid for update
        SET v = missing
            ValidationException: The provided expression refers to an attribute that does not exist in the item
        SET v = :s, v.w = :s
            ValidationException: Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [v], path two: [v.w]
        SET v = :s SET w = :s
            ValidationException: Invalid UpdateExpression: The "SET" section can only be used once in an update expression;
        ADD state :n
            ValidationException: An operand in the update expression has an incorrect data type
        {"Item":{"at":{"N":"9"},"list":{"L":[{"N":"1"},{"S":"two"}]},"state":{"S":"open"},"total":{"N":"13"},"user":{"S":"anna"},"visits":{"N":"-3"}}}
        {"Attributes":{"at":{"N":"1"},"user":{"S":"new"}}}
    "#]].assert_eq(&seen);
}

#[test]
fn items_that_do_not_fit_are_refused() {
    let mut world = orders();
    let cases = [
        json!({ "user": { "S": "x" } }),
        json!({ "user": { "S": "" }, "at": { "N": "1" } }),
        json!({ "user": { "S": "x" }, "at": { "S": "1" } }),
        json!({ "user": { "S": "x" }, "at": { "N": "one" } }),
        json!({ "user": { "S": "x" }, "at": { "N": "1" }, "state": { "N": "1" } }),
        json!({ "user": { "S": "x" }, "at": { "N": "1" }, "set": { "SS": [] } }),
        json!({ "user": { "S": "x" }, "at": { "N": "1" }, "set": { "SS": ["a", "a"] } }),
        json!({ "user": { "S": "x" }, "at": { "N": "1" }, "b": { "B": "*" } }),
        json!({ "user": { "S": "x" }, "at": { "N": "1" }, "q": { "Q": "1" } }),
        json!({ "user": { "S": "x" }, "at": { "N": "1" }, "n": { "NULL": false } }),
        json!({ "user": { "S": "x" }, "at": { "N": "1" }, "big": { "S": "x".repeat(410_000) } }),
    ];
    let mut seen = Vec::new();
    for item in cases {
        seen.push(call(&mut world, HERE, "PutItem", of(json!({ "Item": item }))).unwrap_err());
    }
    seen.push(
        call(&mut world, HERE, "GetItem", of(json!({ "Key": { "user": { "S": "x" } } })))
            .unwrap_err(),
    );
    expect![[r#"
        ValidationException: One or more parameter values were invalid: Missing the key at in the item
        ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: user
        ValidationException: One or more parameter values were invalid: Type mismatch for key at: expected N, actual S
        ValidationException: The parameter cannot be converted to a numeric value, or it has more than 38 digits: one
        ValidationException: One or more parameter values were invalid: Type mismatch for Index Key state Expected: S Actual: N IndexName: by-state
        ValidationException: One or more parameter values were invalid: A set may not be empty
        ValidationException: One or more parameter values were invalid: Input collection contains duplicates
        ValidationException: Invalid attribute value: B is not base64
        SerializationException: unknown variant `Q`, expected one of `S`, `N`, `B`, `SS`, `NS`, `BS`, `M`, `L`, `NULL`, `BOOL` at line 1 column 32
        ValidationException: Null attribute value types must have the value of true
        ValidationException: Item size has exceeded the maximum allowed size
        ValidationException: The provided key element does not match the schema"#]].assert_eq(&seen.join("\n"));
}

#[test]
fn batches_do_each_by_itself() {
    let mut world = orders();
    let write = json!({ "RequestItems": { "orders": [
        { "PutRequest": { "Item": key("carl", 1) } },
        { "DeleteRequest": { "Key": key("bert", 1) } },
    ] } });
    ok(&mut world, HERE, "BatchWriteItem", write);
    let get = json!({ "RequestItems": { "orders": {
        "Keys": [key("carl", 1), key("bert", 1), key("anna", 9)],
        "ProjectionExpression": "note, #u", "ExpressionAttributeNames": { "#u": "user" },
    } } });
    let answer = ok(&mut world, HERE, "BatchGetItem", get);
    let twice = json!({ "RequestItems": { "orders": [
        { "PutRequest": { "Item": key("carl", 1) } },
        { "DeleteRequest": { "Key": key("carl", 1) } },
    ] } });
    let refusal = call(&mut world, HERE, "BatchWriteItem", twice).unwrap_err();
    expect![[r#"
        {"Responses":{"orders":[{"user":{"S":"carl"}},{"note":{"S":"anna9"},"user":{"S":"anna"}}]},"UnprocessedKeys":{}}
        ValidationException: Provided list of item keys contains duplicates"#]].assert_eq(&format!("{answer}\n{refusal}"));
}

#[test]
fn a_transaction_is_all_or_nothing_and_once_per_token() {
    let mut world = orders();
    let put = |at: i64, condition: &str, token: &str| {
        json!({
            "ClientRequestToken": token,
            "TransactItems": [
                { "Put": { "TableName": "orders", "Item": key("carl", at) } },
                { "ConditionCheck": {
                    "TableName": "orders", "Key": key("anna", 9), "ConditionExpression": condition,
                } },
            ],
        })
    };
    let mut seen = vec![
        call(&mut world, HERE, "TransactWriteItems", put(1, "attribute_not_exists(note)", "t1"))
            .unwrap_err(),
    ];
    let get = json!({ "TransactItems": [
        { "Get": { "TableName": "orders", "Key": key("carl", 1) } },
    ] });
    seen.push(ok(&mut world, HERE, "TransactGetItems", get.clone()).to_string());
    ok(&mut world, HERE, "TransactWriteItems", put(1, "attribute_exists(note)", "t1"));
    ok(&mut world, HERE, "TransactWriteItems", put(1, "attribute_exists(note)", "t1"));
    seen.push(
        call(&mut world, HERE, "TransactWriteItems", put(2, "attribute_exists(note)", "t1"))
            .unwrap_err(),
    );
    seen.push(ok(&mut world, HERE, "TransactGetItems", get).to_string());
    expect![[r#"
        TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]
        {"Responses":[{}]}
        IdempotentParameterMismatchException: ClientRequestToken was used with other parameters
        {"Responses":[{"Item":{"at":{"N":"1"},"user":{"S":"carl"}}}]}"#]].assert_eq(&seen.join("\n"));
}
