//! Label and field selectors (`labels` and `fields` of k8s.io/apimachinery).

use super::go;
use super::kinds::Resource;
use super::meta::{self, Json};
use super::request::Query;
use super::status::{Failure, Outcome};

/// Both selectors of a list or watch.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    pub(crate) labels: Labels,
    pub(crate) fields: Fields,
}

/// A label selector: all requirements hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Labels(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
    Above(i64),
    Below(i64),
}

/// A field selector: all terms hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<Term>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    path: String,
    value: String,
    equal: bool,
}

impl Selection {
    pub(crate) fn parse(query: &Query, resource: &Resource) -> Outcome<Self> {
        let labels = Labels::parse(query.first("labelSelector").unwrap_or_default()).map_err(Failure::bad_request)?;
        let fields = Fields::parse(query.first("fieldSelector").unwrap_or_default()).map_err(Failure::bad_request)?;
        for term in &fields.0 {
            if !field_known(resource, &term.path) {
                return Err(Failure::bad_request(field_unknown(resource, &term.path)));
            }
        }
        Ok(Selection { labels, fields })
    }

    pub(crate) fn matches(&self, object: &Json) -> bool {
        self.labels.matches(object) && self.fields.matches(object)
    }

    /// Whether everything matches.
    pub(crate) fn is_empty(&self) -> bool {
        self.labels.0.is_empty() && self.fields.0.is_empty()
    }

    /// Narrows the selection to one name.
    pub(crate) fn only_name(&mut self, name: &str) {
        self.fields.0.push(Term { path: "metadata.name".into(), value: name.into(), equal: true });
    }
}

impl Labels {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text);
        let mut at = 0;
        let mut requirements = Vec::new();
        while at < tokens.len() {
            if let Some(other) = tokens.get(at).filter(|t| !matches!(t, Token::Word(_) | Token::Not)) {
                return Err(format!("found '{}', expected: !, identifier, or 'end of string'", other.text()));
            }
            let parsed = Requirement::parse(&tokens, at);
            let (requirement, next) = parsed.map_err(|why| format!("unable to parse requirement: {why}"))?;
            requirements.push(requirement);
            match (tokens.get(next), tokens.get(next + 1)) {
                (None, _) => break,
                (Some(Token::Comma), Some(Token::Word(_) | Token::Not)) => at = next + 1,
                (Some(Token::Comma), other) => {
                    let found = other.map_or(String::new(), Token::text);
                    return Err(format!("found '{found}', expected: identifier after ','"));
                }
                (Some(other), _) => return Err(format!("found '{}', expected: ',' or 'end of string'", other.text())),
            }
        }
        Ok(Labels(requirements))
    }

    /// Reads a `LabelSelector` object; `None` if it is missing or malformed.
    pub(crate) fn from_object(selector: Option<&serde_json::Value>) -> Option<Self> {
        let selector = selector?.as_object()?;
        let mut requirements = Vec::new();
        if let Some(labels) = selector.get("matchLabels").and_then(|v| v.as_object()) {
            for (key, value) in labels {
                let value = value.as_str().unwrap_or_default().to_owned();
                requirements.push(Requirement { key: key.clone(), test: Test::In(vec![value]) });
            }
        }
        for expression in meta::list(selector, &["matchExpressions"]).iter().filter_map(|e| e.as_object()) {
            let values =
                || meta::list(expression, &["values"]).iter().filter_map(|v| v.as_str()).map(str::to_owned).collect();
            let test = match meta::text(expression, &["operator"]) {
                "In" => Test::In(values()),
                "NotIn" => Test::NotIn(values()),
                "Exists" => Test::Exists,
                "DoesNotExist" => Test::Missing,
                _ => return None,
            };
            requirements.push(Requirement { key: meta::text(expression, &["key"]).to_owned(), test });
        }
        Some(Labels(requirements))
    }

    pub(crate) fn matches(&self, object: &Json) -> bool {
        self.0.iter().all(|r| r.matches(meta::label(object, &r.key)))
    }

    /// Whether these labels match.
    pub(crate) fn matches_labels(&self, labels: Option<&serde_json::Value>) -> bool {
        self.0.iter().all(|r| r.matches(labels.and_then(|l| l.get(&r.key)).and_then(|v| v.as_str())))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts: Vec<String> = self
            .0
            .iter()
            .map(|r| match &r.test {
                Test::Exists => r.key.clone(),
                Test::Missing => format!("!{}", r.key),
                Test::In(values) if values.len() == 1 => format!("{}={}", r.key, values.concat()),
                Test::In(values) => format!("{} in ({})", r.key, values.join(",")),
                Test::NotIn(values) if values.len() == 1 => format!("{}!={}", r.key, values.concat()),
                Test::NotIn(values) => format!("{} notin ({})", r.key, values.join(",")),
                Test::Above(n) => format!("{}>{n}", r.key),
                Test::Below(n) => format!("{}<{n}", r.key),
            })
            .collect();
        parts.sort();
        f.write_str(&parts.join(","))
    }
}

impl Requirement {
    fn matches(&self, value: Option<&str>) -> bool {
        match &self.test {
            Test::Exists => value.is_some(),
            Test::Missing => value.is_none(),
            Test::In(values) => value.is_some_and(|v| values.iter().any(|x| x == v)),
            Test::NotIn(values) => value.is_none_or(|v| values.iter().all(|x| x != v)),
            Test::Above(bound) => value.and_then(|v| v.parse::<i64>().ok()).is_some_and(|v| v > *bound),
            Test::Below(bound) => value.and_then(|v| v.parse::<i64>().ok()).is_some_and(|v| v < *bound),
        }
    }

    fn parse(tokens: &[Token], at: usize) -> Result<(Self, usize), String> {
        let word = |index: usize| match tokens.get(index) {
            Some(Token::Word(word)) => Ok(word.clone()),
            Some(other) => Err(format!("found '{}', expected: identifier", other.text())),
            None => Err("found '', expected: identifier".to_owned()),
        };
        if tokens.get(at) == Some(&Token::Not) {
            let key = checked_key(word(at + 1)?)?;
            return match tokens.get(at + 2) {
                None | Some(Token::Comma) => Ok((Requirement { key, test: Test::Missing }, at + 2)),
                Some(other) => Err(format!("found '{}', expected: {OPERATORS}", other.text())),
            };
        }
        let key = checked_key(word(at)?)?;
        let value = |index: usize| match tokens.get(index) {
            Some(Token::Word(word)) => Ok((word.clone(), index + 1)),
            // An empty value is legal: `a=,b`.
            None | Some(Token::Comma) => Ok((String::new(), index)),
            Some(other) => Err(format!("found '{}', expected: identifier", other.text())),
        };
        let (operator, (values, next)) = match tokens.get(at + 1) {
            None | Some(Token::Comma) => return Ok((Requirement { key, test: Test::Exists }, at + 1)),
            Some(Token::Word(operator)) if operator == "in" || operator == "notin" => {
                let (mut values, next) = set(tokens, at + 2)?;
                values.sort();
                values.dedup();
                (operator.as_str(), (values, next))
            }
            Some(token @ (Token::Equal | Token::Differs | Token::Above | Token::Below)) => {
                let (value, next) = value(at + 2)?;
                let operator = match token {
                    Token::Equal => "=",
                    Token::Differs => "!=",
                    Token::Above => ">",
                    _ => "<",
                };
                (operator, (vec![value], next))
            }
            Some(other) => return Err(format!("found '{}', expected: {OPERATORS}", other.text())),
        };
        Ok((Requirement { test: Test::of(operator, &key, values)?, key }, next))
    }
}

impl Test {
    fn of(operator: &str, key: &str, values: Vec<String>) -> Result<Self, String> {
        let mut complaints = Vec::new();
        let mut number = 0;
        if matches!(operator, ">" | "<") {
            for (index, value) in values.iter().enumerate() {
                match value.parse::<i64>() {
                    Ok(bound) => number = bound,
                    Err(_) => complaints.push(format!(
                        "values[{index}]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"
                    )),
                }
            }
        }
        for (index, value) in values.iter().enumerate() {
            let wrong = super::validate::label_value(value);
            if !wrong.is_empty() {
                complaints.push(format!("values[{index}][{key}]: Invalid value: \"{value}\": {}", wrong.join("; ")));
            }
        }
        match complaints.as_slice() {
            [] => {}
            [one] => return Err(one.clone()),
            many => return Err(format!("[{}]", many.join(", "))),
        }
        Ok(match operator {
            "!=" | "notin" => Test::NotIn(values),
            ">" => Test::Above(number),
            "<" => Test::Below(number),
            _ => Test::In(values),
        })
    }
}

const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

fn set(tokens: &[Token], at: usize) -> Result<(Vec<String>, usize), String> {
    let found = |index: usize| tokens.get(index).map_or(String::new(), Token::text);
    if tokens.get(at) != Some(&Token::Open) {
        return Err(format!("found '{}' expected: '('", found(at)));
    }
    match tokens.get(at + 1) {
        Some(Token::Close) => return Ok((vec![String::new()], at + 2)),
        Some(Token::Word(_) | Token::Comma) => {}
        _ => return Err(format!("found '{}', expected: ',', ')' or identifier", found(at + 1))),
    }
    let (mut values, mut index) = (Vec::new(), at + 1);
    loop {
        match (tokens.get(index), tokens.get(index + 1)) {
            (Some(Token::Word(word)), next) => {
                values.push(word.clone());
                match next {
                    Some(Token::Comma) => {}
                    Some(Token::Close) => return Ok((values, index + 2)),
                    _ => return Err(format!("found '{}', expected: ',' or ')'", found(index + 1))),
                }
            }
            (Some(Token::Comma), next) => {
                if values.is_empty() || matches!(next, Some(Token::Close | Token::Comma)) {
                    values.push(String::new());
                }
                if next == Some(&Token::Close) {
                    return Ok((values, index + 2));
                }
            }
            _ => return Err(format!("found '{}', expected: ',', or identifier", found(index))),
        }
        index += 1;
    }
}

/// A qualified name: `[prefix/]name`.
fn checked_key(key: String) -> Result<String, String> {
    match super::validate::qualified(&key).as_slice() {
        [] => Ok(key),
        wrong => Err(format!("<nil>: Invalid value: \"{key}\": {}", wrong.join("; "))),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Not,
    Equal,
    Differs,
    Above,
    Below,
    Comma,
    Open,
    Close,
}

impl Token {
    fn text(&self) -> String {
        match self {
            Token::Word(word) => word.clone(),
            Token::Not => "!".into(),
            Token::Equal => "=".into(),
            Token::Differs => "!=".into(),
            Token::Above => ">".into(),
            Token::Below => "<".into(),
            Token::Comma => ",".into(),
            Token::Open => "(".into(),
            Token::Close => ")".into(),
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let mut followed = |next: char| chars.next_if_eq(&next).is_some();
        out.push(match c {
            c if c.is_ascii_whitespace() => continue,
            '=' => {
                followed('=');
                Token::Equal
            }
            '!' if followed('=') => Token::Differs,
            '!' => Token::Not,
            '>' => Token::Above,
            '<' => Token::Below,
            ',' => Token::Comma,
            '(' => Token::Open,
            ')' => Token::Close,
            first => {
                let mut word = String::from(first);
                while let Some(c) =
                    chars.next_if(|c| !c.is_ascii_whitespace() && !matches!(c, '=' | '!' | '>' | '<' | ',' | '(' | ')'))
                {
                    word.push(c);
                }
                Token::Word(word)
            }
        });
    }
    out
}

impl Fields {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut terms = Vec::new();
        for part in split_terms(text).into_iter().filter(|p| !p.is_empty()) {
            let (path, value, equal) =
                split_term(&part).ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{part}'"))?;
            terms.push(Term { path, value: unescape(&value)?, equal });
        }
        Ok(Fields(terms))
    }

    fn matches(&self, object: &Json) -> bool {
        self.0.iter().all(|term| (field_text(object, &term.path) == term.value) == term.equal)
    }
}

fn split_terms(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut escaped) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            _ if escaped => {
                part.push(c);
                escaped = false;
            }
            '\\' => {
                part.push(c);
                escaped = true;
            }
            ',' => parts.push(std::mem::take(&mut part)),
            _ => part.push(c),
        }
    }
    parts.push(part);
    parts
}

fn split_term(part: &str) -> Option<(String, String, bool)> {
    let mut escaped = false;
    for (index, c) in part.char_indices() {
        let rest = part.get(index..)?;
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ => {
                for (operator, equal) in [("!=", false), ("==", true), ("=", true)] {
                    if let Some(value) = rest.strip_prefix(operator) {
                        return Some((part.get(..index)?.to_owned(), value.to_owned(), equal));
                    }
                }
            }
        }
    }
    None
}

fn unescape(text: &str) -> Result<String, String> {
    let (mut out, mut escaped) = (String::new(), false);
    for c in text.chars() {
        match (escaped, c) {
            (true, '\\' | ',' | '=') => {
                out.push(c);
                escaped = false;
            }
            (true, _) => return Err(format!("invalid field selector: invalid escape sequence: \\{c}")),
            (false, '\\') => escaped = true,
            (false, ',' | '=') => return Err(format!("invalid field selector: unescaped character in value: {c}")),
            (false, _) => out.push(c),
        }
    }
    if escaped { Err("invalid field selector: unterminated escape sequence: \\".into()) } else { Ok(out) }
}

/// The fields of field selectors, beside name and namespace.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "pods",
        &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
    ),
    ("nodes", &["spec.unschedulable"]),
    ("namespaces", &["status.phase"]),
    ("secrets", &["type"]),
    ("services", &["spec.clusterIP", "spec.type"]),
    ("replicationcontrollers", &["status.replicas"]),
    ("jobs.batch", &["status.successful"]),
    ("certificatesigningrequests.certificates.k8s.io", &["spec.signerName"]),
    (
        "events",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
];

/// The message for an unsupported field, which some kinds word differently.
fn field_unknown(resource: &Resource, path: &str) -> String {
    if resource.storage == "jobs.batch" {
        return format!("field label {} not supported for Job", go::quote(path));
    }
    let own = resource.custom.is_some() || FIELDS.iter().any(|(storage, _)| *storage == resource.storage);
    if own {
        format!("field label not supported: {path}")
    } else {
        format!("{} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"", go::quote(path))
    }
}

fn field_known(resource: &Resource, path: &str) -> bool {
    path == "metadata.name"
        || (path == "metadata.namespace" && (resource.namespaced || resource.custom.is_none()))
        || FIELDS.iter().any(|(storage, fields)| *storage == resource.storage && fields.contains(&path))
        || resource.custom.as_ref().is_some_and(|c| c.selectable.iter().any(|f| f == path))
}

fn field_text(object: &Json, path: &str) -> String {
    let value = match path {
        "source" => meta::at(object, &["source", "component"]),
        "status.successful" => meta::at(object, &["status", "succeeded"]),
        _ => meta::at(object, &path.split('.').collect::<Vec<_>>()),
    };
    match value {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) if !value.is_null() => value.to_string(),
        // The zero values of Go's fields.
        _ => match path {
            "spec.hostNetwork" | "spec.unschedulable" => "false".into(),
            "status.replicas" | "status.successful" => "0".into(),
            _ => String::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kube_proto::api::{FieldSelector, LabelSelector};
    use proptest::prelude::*;

    use super::*;
    use serde_json::json;

    #[test]
    fn label_selectors() {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "a", "n": "5", "e": ""}}});
        let object = object.as_object().unwrap();
        let table = [
            ("", true),
            ("app", true),
            ("!app", false),
            ("!zone", true),
            ("app=web", true),
            ("app==web,tier=a", true),
            ("app=web,tier=b", false),
            ("app!=db", true),
            ("zone!=x", true),
            ("app in (db, web)", true),
            ("app notin (db,web)", false),
            ("zone notin (x)", true),
            ("n>4", true),
            ("n<5", false),
            ("e=", true),
            ("e=,app=web", true),
            ("app in (web,),tier", true),
            (" app = web , tier in (a) ", true),
        ];
        for (text, want) in table {
            assert_eq!(Labels::parse(text).unwrap().matches(object), want, "{text}");
        }
        for text in ["app=web,", "app in web", "app in (web", "=x", "a b", "-a=b", "a=b=c", "app=-x"] {
            assert!(Labels::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn field_selectors() {
        let object = json!({"metadata": {"name": "a,b"}, "status": {"phase": "Running"}, "spec": {"x": 1}});
        let object = object.as_object().unwrap();
        let table = [
            ("status.phase=Running", true),
            ("status.phase!=Running", false),
            ("status.phase==Running,metadata.name=a\\,b", true),
            ("spec.x=1", true),
            ("spec.hostNetwork=false", true),
            ("", true),
        ];
        for (text, want) in table {
            assert_eq!(Fields::parse(text).unwrap().matches(object), want, "{text}");
        }
        assert_eq!(Fields::parse("nonsense").unwrap_err(), "invalid selector: 'nonsense'; can't understand 'nonsense'");
    }
    /// Client and server both refuse the label selector, or both read the same.
    fn same_labels(text: &str) -> Result<(), TestCaseError> {
        let (client, server) = (text.parse::<LabelSelector>(), Labels::parse(text));
        let (client, server) = match (client, server) {
            (Ok(client), Ok(server)) => (client, server),
            (client, server) => {
                prop_assert_eq!(client.is_ok(), server.is_ok(), "{:?}: {:?}, {:?}", text, client, server);
                return Ok(());
            }
        };
        // The client's own form of the selector means the same.
        prop_assert_eq!(Labels::parse(&client.to_string()), Ok(server.clone()), "{:?}", text);
        for value in [None, Some(""), Some("a"), Some("b"), Some("1"), Some("7")] {
            let labels: BTreeMap<_, _> = value.map(|value| ("a".to_owned(), value.to_owned())).into_iter().collect();
            let object = json!({"metadata": {"labels": labels}});
            let matched = server.matches(object.as_object().unwrap());
            prop_assert_eq!(client.matches(&labels), matched, "{:?}, {:?}", text, labels);
        }
        Ok(())
    }

    #[test]
    fn clients_and_servers_read_the_same_label_selectors() {
        for text in [
            "a in ()",
            "a notin ()",
            "a in (,)",
            "a in (b,,c)",
            "a in (b",
            "a in (b c)",
            "a>1",
            "a>-1",
            "a<+1",
            "a>01",
            "a>",
            "a<9223372036854775808",
            "!a",
            "!!a",
            "!a=b",
            "a,",
            ",",
            "a,,b",
            "a===b",
            "a<=1",
            "in in (in,notin)",
            "notin",
            "a=in",
            "/a",
            "a/b",
            "a/b/c",
            "A/b",
            "a/",
            "a=-b",
            "a.=b",
        ] {
            same_labels(text).unwrap();
        }
    }

    proptest! {
        #[test]
        fn clients_and_servers_read_the_same_labels(text in "(a|b|in|notin|[-!=<>(),. /17]){0,9}") {
            same_labels(&text)?;
        }

        #[test]
        fn clients_and_servers_read_the_same_fields(text in r"(a|b|[!=,\\.]){0,9}") {
            let (client, server) = (text.parse::<FieldSelector>(), Fields::parse(&text));
            // The server's parser accepts such a field.
            let odd = |term: &Term| term.path.is_empty() || term.path.contains(['!', '\\']);
            match (client, server) {
                (Ok(client), Ok(server)) => {
                    let terms = |fields: &Fields| {
                        fields.0.iter().map(|t| (t.path.clone(), t.equal, t.value.clone())).collect::<Vec<_>>()
                    };
                    let wanted = client.requirements().iter().map(|r| (r.path.clone(), r.equal, r.value.clone()));
                    prop_assert_eq!(terms(&server), wanted.collect::<Vec<_>>());
                    prop_assert_eq!(Fields::parse(&client.to_string()), Ok(server));
                }
                (Err(_), Ok(server)) => prop_assert!(server.0.iter().any(odd), "{:?}", text),
                (client, server) => prop_assert_eq!(client.is_ok(), server.is_ok(), "{:?}: {:?}, {:?}", text, client, server),
            }
        }
    }
}
