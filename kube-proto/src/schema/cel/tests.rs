use serde_json::{Value, json};

use super::{CelError, Expression};

fn value(text: &str) -> Result<Value, CelError> {
    let object =
        json!({"name": "web", "port": 80, "half": 0.5, "tags": ["a", "b"], "labels": {"a.b/c": "x"}, "none": null});
    Expression::parse(text)?.evaluate(&[("object", &object)])
}

#[test]
fn expressions_that_hold() {
    for text in [
        "1 + 2 * 3 - 4 == 3",
        "object.port == 80 && object.half < 1",
        "object.labels['a.b/c'] == 'x'",
        "has(object.name) && !has(object.other)",
        "object.tags.all(tag, tag.size() == 1)",
        "object.?other.orValue('y') == 'y'",
        "-9223372036854775808 < 0 && 0x10 == 16 && 7u % 4u == 3u",
        "true ? true : false ? false : true",
        "object.labels.exists(key, key.startsWith('a.'))",
        "[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]",
        "false && object.other || true",
        "'a' in object.tags && 'a.b/c' in object.labels && object.none == null",
        r"'\u00e4\x41\101' + r'\n' == 'äAA\\n'",
        "duration('90s') == duration('1m30s') && string(duration('1.5s')) == '1.5s'",
        "timestamp('2024-02-29T12:00:00Z').getDayOfYear() == 59",
        "quantity('1Gi').isGreaterThan(quantity('1000M'))",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3') && ip('::1').isLoopback()",
        "url('https://a.b:80/c?d=e').getHostname() == 'a.b'",
        "semver('1.2.3-rc.1').isLessThan(semver('1.2.3'))",
        "'%s is %d'.format(['a', 1]) == 'a is 1'",
        "{'a': 1}.transformMap(k, v, v + 1) == {'a': 2}",
        "!format.dns1123Label().validate('a-b').hasValue()",
        "type(object.port) == int && 1 == 1.0 && 1u == 1",
    ] {
        assert_eq!(value(text), Ok(json!(true)), "{text}");
    }
}

#[test]
fn expressions_that_fail() {
    for (text, fault) in [
        ("object.other", CelError::Failed("no such key: other".into())),
        ("object.tags[2] == 'c'", CelError::Failed("index out of bounds: 2".into())),
        ("1 / 0 == 1", CelError::Failed("division by zero".into())),
        ("9223372036854775807 + 1 > 0", CelError::Failed("integer overflow".into())),
        ("object.name > 1", CelError::NoOverload(">".into())),
        ("other == 1", CelError::Unknown("other".into())),
        ("authorizer.group('')", CelError::Unknown("group()".into())),
        ("'a'.matches('\\\\pL')", CelError::Unknown("the pattern \\pL".into())),
        ("1 +", CelError::syntax(3, "an expression is missing")),
        ("1 2", CelError::syntax(2, "more than one expression")),
        ("'a", CelError::syntax(2, "a text without an end")),
        ("9223372036854775808", CelError::syntax(19, "a number beyond 64 bits")),
    ] {
        assert_eq!(value(text), Err(fault), "{text}");
    }
}

#[test]
fn costs_and_sizes_are_bounded() {
    // Twice as many items a step, without a variable that counts.
    let doubled = (0..25).fold("[1]".to_owned(), |text, _| format!("[{text}].map(x, [x, x])"));
    assert_eq!(value(&doubled), Err(CelError::Budget));
    assert_eq!(value(&"(".repeat(1_000)), Err(CelError::TooLarge));
    assert_eq!(value(&"!".repeat(1_000)), Err(CelError::TooLarge));
    assert_eq!(value(&format!("object{}", ".a".repeat(100))), Err(CelError::TooLarge));
    assert_eq!(value(&"a".repeat(70_000)), Err(CelError::TooLarge));
    // A long chain is no deep one.
    assert_eq!(value(&format!("0{}", " + 1".repeat(5_000))), Ok(json!(5_000)));
    let mut budget = 10;
    let long = Expression::parse("object.all(x, true)").unwrap();
    let list = json!([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(long.evaluate_within(&[("object", &list)], &mut budget), Err(CelError::Budget));
    assert_eq!(budget, 0);
}
