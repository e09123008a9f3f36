//! Named formats: `format.dns1123Label().validate(text)` (`format` of Kubernetes' library).

use super::super::error::CelError;
use super::super::known::named;
use super::super::machine::Machine;
use super::super::url::Url;
use super::super::value::Value;
use crate::schema::format;

pub(super) fn call<'a>(machine: &mut Machine<'a>, name: &str, values: &[Value<'a>]) -> Result<Value<'a>, CelError> {
    match (name, values) {
        ("format.named", [Value::Text(name)]) => Ok(Value::optional(named(name).map(Value::Format))),
        ("validate", [Value::Format(format), Value::Text(text)]) => {
            machine.spend(text.len())?;
            let faults = faults(format, text);
            if faults.is_empty() {
                return Ok(Value::Optional(None));
            }
            Ok(Value::some(Value::list(faults.into_iter().map(Value::text).collect())))
        }
        _ => CelError::no_overload(name),
    }
}

fn faults(format: &str, text: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    // What a generated name begins with may end in a dash.
    let stem = |text: &str| text.strip_suffix('-').map_or_else(|| text.to_owned(), |stem| format!("{stem}a"));
    let mut check = |good: bool, problem: &'static str| {
        if !good {
            found.push(problem);
        }
    };
    match format {
        "dns1123Label" | "dns1123LabelPrefix" => {
            let text = if format == "dns1123Label" { text.to_owned() } else { stem(text) };
            check(text.len() <= 63, "must be no more than 63 bytes");
            check(is_label(&text), LABEL);
        }
        "dns1123Subdomain" | "dns1123SubdomainPrefix" => {
            let text = if format == "dns1123Subdomain" { text.to_owned() } else { stem(text) };
            check(text.len() <= 253, "must be no more than 253 bytes");
            check(text.split('.').all(is_label), SUBDOMAIN);
        }
        "dns1035Label" | "dns1035LabelPrefix" => {
            let text = if format == "dns1035Label" { text.to_owned() } else { stem(text) };
            check(text.len() <= 63, "must be no more than 63 bytes");
            check(is_label(&text) && !text.starts_with(|c: char| c.is_ascii_digit()), LABEL_1035);
        }
        "qualifiedName" => {
            let (prefix, name) = text.split_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
            if let Some(prefix) = prefix {
                check(!prefix.is_empty(), "prefix part must be non-empty");
                check(prefix.is_empty() || prefix.split('.').all(is_label), SUBDOMAIN);
            }
            check(!name.is_empty(), "name part must be non-empty");
            check(name.len() <= 63, "name part must be no more than 63 bytes");
            check(is_name(name), NAME);
        }
        "labelValue" => {
            check(text.len() <= 63, "must be no more than 63 bytes");
            check(text.is_empty() || is_name(text), VALUE);
        }
        "uri" => check(Url::parse(text).is_some(), "invalid URI for request"),
        "uuid" => check(format::fits("uuid", text), "does not match the UUID format"),
        "byte" => check(format::fits("byte", text), "invalid base64"),
        "date" => check(format::fits("date", text), "invalid date"),
        _ => check(format::fits("date-time", text), "invalid datetime"),
    }
    found
}

fn is_label(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(ends) && text.ends_with(ends) && text.chars().all(|c| ends(c) || c == '-')
}

fn is_name(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(ends) && text.ends_with(ends) && text.chars().all(|c| ends(c) || matches!(c, '-' | '_' | '.'))
}

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
                     and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
                     '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
                         validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                          alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', \
                          regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const NAME: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                    alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
                     must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', \
                     regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
