//! The formats of names and keys, with the real server's messages (`content` of apimachinery).
//!
//! Each function returns the errors of a text.

const ADVICE: &str = "regex used for validation is";

/// A lower-case DNS subdomain: `a.b-c`.
pub(super) fn subdomain(text: &str) -> Vec<String> {
    let mut complaints = longer(text, 253);
    if !is_subdomain(text) {
        complaints.push(format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start \
             and end with an alphanumeric character (e.g. 'example.com', {ADVICE} \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        ));
    }
    complaints
}

/// A lower-case DNS label.
pub(super) fn label(text: &str) -> Vec<String> {
    let mut complaints = longer(text, 63);
    if !is_label(text) {
        complaints.push(if is_subdomain(text) {
            "must not contain dots".to_owned()
        } else {
            format!(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and \
                 end with an alphanumeric character (e.g. 'my-name',  or '123-abc', {ADVICE} \
                 '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            )
        });
    }
    complaints
}

/// A label that starts with a letter.
pub(super) fn label_1035(text: &str) -> Vec<String> {
    let mut complaints = longer_than(text, 63, "characters");
    if !(is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())) {
        complaints.push(format!(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', {ADVICE} \
             '[a-z]([-a-z0-9]*[a-z0-9])?')"
        ));
    }
    complaints
}

/// A segment of a path.
pub(super) fn segment(text: &str) -> Vec<String> {
    if matches!(text, "." | "..") {
        return vec![format!("may not be '{text}'")];
    }
    ["/", "%"].iter().filter(|part| text.contains(**part)).map(|part| format!("may not contain '{part}'")).collect()
}

/// A label's key: `[prefix/]name`.
pub(crate) fn qualified(text: &str) -> Vec<String> {
    let form = format!(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character \
         (e.g. 'MyName',  or 'my.name',  or '123-abc', {ADVICE} '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    );
    let mut complaints = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                complaints.push("prefix part must be non-empty".to_owned());
            } else {
                complaints.extend(subdomain(prefix).into_iter().map(|c| format!("prefix part {c}")));
            }
            *name
        }
        _ => {
            let rest = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {form} {rest}")];
        }
    };
    if name.is_empty() {
        complaints.push("name part must be non-empty".to_owned());
    }
    complaints.extend(longer(name, 63).into_iter().map(|c| format!("name part {c}")));
    if name.is_empty() || !is_label_text(name) {
        complaints.push(format!("name part {form}"));
    }
    complaints
}

/// A label's value.
pub fn label_value(text: &str) -> Vec<String> {
    let mut complaints = longer(text, 63);
    if !is_label_text(text) {
        complaints.push(format!(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start \
             and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', {ADVICE} \
             '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        ));
    }
    complaints
}

/// A percentage: `25%`.
pub(super) fn percent(text: &str) -> Vec<String> {
    let number = text.strip_suffix('%').unwrap_or_default();
    if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) {
        return Vec::new();
    }
    vec![format!(
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', {ADVICE} '[0-9]+%')"
    )]
}

/// A key of a config map or a secret.
pub(super) fn config_key(text: &str) -> Vec<String> {
    let mut complaints = longer_than(text, 253, "characters");
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        complaints.push(format!(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME', \
             \u{20}or 'key-name', {ADVICE} '[-._a-zA-Z0-9]+')"
        ));
    }
    match text {
        "." | ".." => complaints.push(format!("must not be '{text}'")),
        _ if text.starts_with("..") => complaints.push("must not start with '..'".to_owned()),
        _ => {}
    }
    complaints
}

/// The name of a port.
pub(super) fn port_name(text: &str) -> Vec<String> {
    let mut complaints = longer_than(text, 15, "characters");
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        complaints.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !text.chars().any(|c| c.is_ascii_lowercase()) {
        complaints.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        complaints.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        complaints.push("must not begin or end with a hyphen".to_owned());
    }
    complaints
}

/// The number of a port.
pub(super) fn port_number(number: i64) -> Option<&'static str> {
    (!(1..=65535).contains(&number)).then_some("must be between 1 and 65535, inclusive")
}

fn longer(text: &str, most: usize) -> Vec<String> {
    longer_than(text, most, "bytes")
}

/// The older checks write "characters", but count bytes.
fn longer_than(text: &str, most: usize, what: &str) -> Vec<String> {
    if text.len() > most { vec![format!("must be no more than {most} {what}")] } else { Vec::new() }
}

/// Whether a text is a subdomain, apart from its length.
fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// Whether a text is a label, apart from its length.
fn is_label(text: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(good) && text.ends_with(good) && text.chars().all(|c| good(c) || c == '-')
}

/// Whether a text is a label's value, apart from its length.
fn is_label_text(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    edge(text.chars().next())
        && edge(text.chars().last())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_as_they_should_be_or_not() {
        type Check = fn(&str) -> Vec<String>;
        let table: &[(Check, &[&str], &[&str])] = &[
            (subdomain, &["a", "a.b-c", "1"], &["", "A", "a..b", "-a", "a_b"]),
            (label, &["a", "a-b", "0"], &["", "a.b", "-", "a-"]),
            (label_1035, &["a", "a1"], &["", "1a", "a.b"]),
            (qualified, &["a", "A_b.c", "a.b/c"], &["", "/a", "a/", "a b", "a/b/c", "A.b/c"]),
            (label_value, &["", "a", "A_b.c-1"], &["-", "a b", "a/"]),
            (config_key, &["a", ".a", "A_b-c"], &["", "a/b", ".", "..", "..a"]),
            (port_name, &["http", "a-1"], &["", "1", "Http", "a--b", "-a", "sixteen-letters-x"]),
            (segment, &["a", "a:b", ""], &[".", "..", "a/b", "50%"]),
        ];
        for (check, good, bad) in table {
            for text in *good {
                assert_eq!(check(text), Vec::<String>::new(), "{text:?}");
            }
            for text in *bad {
                assert!(!check(text).is_empty(), "{text:?}");
            }
        }
        assert_eq!(label("a.b"), ["must not contain dots"]);
        assert_eq!(segment("a/b%"), ["may not contain '/'", "may not contain '%'"]);
        assert_eq!(label_value(&"x".repeat(64)), ["must be no more than 63 bytes"]);
    }
}
