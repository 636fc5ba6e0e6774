//! As much of JSON Schema as the report's schema uses.

use std::path::Path;

use serde_json::Value;

/// Panics with every place where a report is not what the schema describes.
pub fn assert_valid(report: &Value) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/grader/schema/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut faults = Vec::new();
    compare(report, &schema, &schema, "$", &mut faults);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn compare(value: &Value, rule: &Value, root: &Value, at: &str, faults: &mut Vec<String>) {
    if let Some(place) = rule["$ref"].as_str() {
        let rule = root.pointer(place.trim_start_matches('#')).unwrap();
        return compare(value, rule, root, at, faults);
    }
    let mut fault = |what: String| faults.push(format!("{at}: {what}"));
    let kinds: Vec<&str> = match &rule["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(value, kind)) {
        fault(format!("{value} is not {}", kinds.join(" or ")));
    }
    if let Some(allowed) = rule["enum"].as_array() {
        if !allowed.contains(value) {
            fault(format!("{value} is none of {allowed:?}"));
        }
    }
    if let (Some(least), Some(number)) = (rule["minimum"].as_f64(), value.as_f64()) {
        if number < least {
            fault(format!("{number} is less than {least}"));
        }
    }
    for name in rule["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if value.get(name).is_none() {
            fault(format!("lacks {name}"));
        }
    }
    if let (Some(fields), Some(known)) = (value.as_object(), rule["properties"].as_object()) {
        for (name, field) in fields {
            match known.get(name) {
                Some(rule) => compare(field, rule, root, &format!("{at}.{name}"), faults),
                None => faults.push(format!("{at}: nobody knows {name}")),
            }
        }
    }
    if let (Some(items), Some(rule)) = (value.as_array(), rule.get("items")) {
        for (index, item) in items.iter().enumerate() {
            compare(item, rule, root, &format!("{at}[{index}]"), faults);
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("the schema uses the type {other}"),
    }
}
