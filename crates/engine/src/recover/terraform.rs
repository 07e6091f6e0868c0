//! Reading a Terraform state, format 4: what it has, by address. What its types are in AWS the
//! provider tells.

use bicoastal_model::sweep::TerraformInstance;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct File {
    version: u64,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    module: Option<String>,
    mode: String,
    r#type: String,
    name: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Option<Value>,
    #[serde(default)]
    deposed: Option<String>,
    #[serde(default)]
    attributes: Option<Value>,
}

/// The managed things of a state, in its order. Data sources are nobody's, and are left out.
///
/// # Errors
///
/// In words, where it is no state of format 4.
pub fn read(text: &str) -> Result<Vec<TerraformInstance>, String> {
    let version: Value = serde_json::from_str(text)
        .map_err(|error| format!("it is not a Terraform state: {error}"))?;
    if version.get("version").and_then(Value::as_u64) != Some(4) {
        return Err(match version.get("version") {
            Some(version) => format!(
                "it is of format {version}, and format 4 is what is read\n  hint: Terraform 0.12 and newer write format 4; run `terraform state pull` with one of them"
            ),
            None => "it is not a Terraform state: it has no version\n  hint: the file is what `terraform state pull` prints".to_owned(),
        });
    }
    let file: File = serde_json::from_str(text)
        .map_err(|error| format!("it is not a Terraform state: {error}"))?;
    debug_assert_eq!(file.version, 4);
    let mut all = Vec::new();
    for resource in file.resources.into_iter().filter(|it| it.mode == "managed") {
        for instance in resource.instances {
            let module = resource.module.as_ref().map(|it| format!("{it}.")).unwrap_or_default();
            let index = match &instance.index_key {
                None | Some(Value::Null) => String::new(),
                Some(key) => format!("[{key}]"),
            };
            let mut address = format!("{module}{}.{}{index}", resource.r#type, resource.name);
            if let Some(deposed) = &instance.deposed {
                address = format!("{address} (deposed {deposed})");
            }
            all.push(TerraformInstance {
                address,
                resource_type: resource.r#type.clone(),
                attributes: instance.attributes.unwrap_or(Value::Null),
            });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn check(text: &str, expect: Expect) {
        let read = match read(text) {
            Ok(all) => all.iter().map(|it| format!("{}\n", it.address)).collect(),
            Err(why) => format!("{why}\n"),
        };
        expect.assert_eq(&read);
    }

    #[test]
    fn addresses_are_terraforms_own() {
        let state = json!({
            "version": 4,
            "terraform_version": "1.11.0",
            "serial": 3,
            "lineage": "0d0f",
            "resources": [
                {"mode": "data", "type": "aws_lb", "name": "front", "instances": [{"attributes": {}}]},
                {"mode": "managed", "type": "aws_route53_zone", "name": "main",
                 "instances": [{"attributes": {"id": "Z1"}}, {"deposed": "a1", "attributes": {"id": "Z0"}}]},
                {"module": "module.region[\"us-east-1\"]", "mode": "managed", "type": "aws_lb", "name": "front",
                 "instances": [{"index_key": 0, "attributes": {}}, {"index_key": "blue", "attributes": {}}]},
            ],
        });
        check(
            &state.to_string(),
            expect![[r#"
                aws_route53_zone.main
                aws_route53_zone.main (deposed a1)
                module.region["us-east-1"].aws_lb.front[0]
                module.region["us-east-1"].aws_lb.front["blue"]
            "#]],
        );
    }

    #[test]
    fn what_is_no_state_is_refused() {
        check(
            "{",
            expect![[r#"
            it is not a Terraform state: EOF while parsing an object at line 1 column 1
        "#]],
        );
        check(
            r#"{"resources": []}"#,
            expect![[r#"
            it is not a Terraform state: it has no version
              hint: the file is what `terraform state pull` prints
        "#]],
        );
        check(
            r#"{"version": 3, "modules": []}"#,
            expect![[r#"
            it is of format 3, and format 4 is what is read
              hint: Terraform 0.12 and newer write format 4; run `terraform state pull` with one of them
        "#]],
        );
        check(
            r#"{"version": 4, "resources": [{"mode": 1}]}"#,
            expect![[r#"
                it is not a Terraform state: invalid type: integer `1`, expected a string at line 1 column 39
            "#]],
        );
    }
}
