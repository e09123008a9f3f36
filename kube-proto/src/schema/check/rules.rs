//! Rules in CEL (`x-kubernetes-validations`; `schema/cel` of apiextensions-apiserver).
//!
//! | rule | runs |
//! |---|---|
//! | at a null | not |
//! | after an error of the kinds that [`is_blocking`] names | not: one more error says that rules were not checked |
//! | that uses `oldSelf`, without an old value | not, unless it has `optionalOldSelf` |
//! | that cannot be read, or uses what is not known here | not: it is listed in [`Report::unchecked`](super::Report::unchecked) |
//! | other | and fails if its value is not `true` |
//!
//! A node's own rules come first, then those of its `allOf`, then those of its members. Old values are found as in the
//! server: through properties and maps that are not atomic, and through lists with keys by these keys.
//!
//! On an update, a rule that does not use `oldSelf` fails only if the value changed, or the innermost value around it that
//! the old object has.

use serde_json::Value;

use super::report::Why;
use super::structural::Subject;
use super::walk::{Old, Walk, keys_of};
use crate::schema::FieldError;
use crate::schema::cel::rule::{self, Typed};
use crate::schema::cel::{COST_MAX, CelError};
use crate::schema::definitions::At;
use crate::schema::field_error::FieldErrorKind;
use crate::schema::node::{Additional, Expressions, Node, Rule};
use crate::schema::place::Place;

/// The longest message that an expression may make, in bytes.
const MESSAGE_MAX: usize = 5 << 10;

/// Evaluates the rules of a value and of all values in it.
pub(super) fn check(walk: &mut Walk, subject: Subject<'_, '_, '_>) {
    let node = subject.at.node;
    if subject.at.built_in || !node.has_rules && !node.refers {
        return;
    }
    if walk.report.errors.iter().any(is_blocking) {
        let detail = "some validation rules were not checked because the object was invalid; correct the existing errors to \
                      complete validation";
        if node.has_rules {
            walk.error(FieldError::invalid("<nil>", &Value::Null, detail));
        }
        return;
    }
    let known = subject.old.map(|old| (old, subject.value));
    visit(walk, Rules { subject, by: node, known });
}

/// Whether an error is one after which the server evaluates no rules.
fn is_blocking(error: &FieldError) -> bool {
    use FieldErrorKind::{NotSupported, Required, TooLong, TooMany, TypeInvalid};
    matches!(error.kind(), NotSupported | Required | TooLong | TooMany | TypeInvalid)
}

/// A value, and the schema that has its rules: its own, or one of `allOf`.
#[derive(Clone, Copy)]
struct Rules<'s, 'v, 'p> {
    subject: Subject<'s, 'v, 'p>,
    by: &'s Node,
    /// The innermost value here or around that the old object has too, with what it is now.
    known: Option<(Old<'s, 'v>, &'v Value)>,
}

fn visit(walk: &mut Walk, rules: Rules<'_, '_, '_>) {
    let Rules { subject, by, known } = rules;
    let Subject { value, at, place, level, old, .. } = subject;
    if value.is_null() || at.built_in || !by.has_rules && !by.refers || !walk.step(1, level, place) {
        return;
    }
    for (rule, expressions) in by.rules.iter().zip(&by.expressions) {
        one(walk, rules, rule, expressions);
    }
    for inner in by.logic.iter().flat_map(|logic| &logic.all_of) {
        visit(walk, Rules { by: inner, subject: Subject { level: level + 1, ..subject }, known });
    }
    match value {
        Value::Object(map) => {
            let known_old = old.filter(|_| !at.node.atomic);
            for (key, inner) in map {
                let (by, place) = match (by.property(key), &by.additional) {
                    (Some(by), _) => (by, Place::Key(place, key)),
                    (None, Additional::Of(by)) => (by, Place::Entry(place, key)),
                    _ => continue,
                };
                let (Some(there), Some(by)) = (at.field(key), at.to(by)) else { continue };
                let old = known_old.and_then(|old| old.field(key));
                let fixed = matches!(place, Place::Key(Place::Root, "apiVersion" | "kind"));
                let known = old.map(|old| (old, inner)).or(known).filter(|_| !fixed);
                let subject = Subject {
                    value: inner,
                    at: there,
                    place: &place,
                    level: level + 1,
                    old,
                    resource: there.node.embedded,
                };
                visit(walk, Rules { subject, by: by.node, known });
            }
        }
        Value::Array(items) => {
            let (Some(there), Some(by)) = (at.item(), by.items.as_ref().and_then(|by| at.to(by))) else { return };
            let before = old.and_then(Old::items);
            for (index, inner) in items.iter().enumerate() {
                let keys = || keys_of(inner, &at.node.list_keys);
                let old = before.as_ref().and_then(|all| all.get(&keys()?).copied());
                let known = old.map(|old| (old, inner)).or(known);
                let place = Place::Item(place, index);
                let subject = Subject {
                    value: inner,
                    at: there,
                    place: &place,
                    level: level + 1,
                    old,
                    resource: there.node.embedded,
                };
                visit(walk, Rules { subject, by: by.node, known });
            }
        }
        _ => {}
    }
}

fn one(walk: &mut Walk, rules: Rules<'_, '_, '_>, rule: &Rule, expressions: &Expressions) {
    let Subject { value, at, place, old, resource, .. } = rules.subject;
    let unchecked = |walk: &mut Walk| walk.unchecked(place, Why::Rule(rule.rule.clone()));
    let Some(expression) = expressions.rule(rule) else { return unchecked(walk) };
    let uses_old = expression.uses("oldSelf");
    let typed = |value, at| Typed { value, at, resource };
    let old = old.map(|old| typed(old.value, old.at)).filter(|old| !old.value.is_null());
    let old_self = match old {
        _ if rule.optional_old_self => rule::Old::Optional(old),
        None if uses_old => return,
        None => rule::Old::Absent,
        Some(old) => rule::Old::Value(old),
    };
    let root = matches!(place, Place::Root);
    let field = || if root { "<nil>".to_owned() } else { place.to_string() };
    let this = typed(value, at);
    let detail = match walk.evaluate(|budget| rule::evaluate(expression, this, old_self, budget)) {
        Ok(Value::Bool(true)) => return,
        Ok(Value::Bool(false)) => None,
        // The server has evaluated it, and it failed.
        Err(CelError::Failed(text)) => Some(format!("{text} evaluating rule: {}", said(rule))),
        Ok(_) | Err(_) => return unchecked(walk),
    };
    let shown = |error: FieldError| match detail.is_some() || !(value.is_object() || value.is_array()) {
        true => error,
        false => error.without_value(),
    };
    if let Some(detail) = &detail {
        let ty = at.node.ty.map_or("", |ty| ty.name());
        return walk.error(FieldError::invalid(field(), &ty.into(), detail.clone()));
    }
    if !uses_old && rules.known.is_some_and(|(old, now)| old.is_same(now)) {
        return;
    }
    let detail = message(walk, rule, expressions, this, old_self);
    let field = match (rule.field_path.as_str(), root) {
        ("", _) => field(),
        (path, true) => child(path, at),
        (path, false) => format!("{place}.{}", child(path, at)),
    };
    walk.error(shown(match rule.reason.as_str() {
        "FieldValueForbidden" => FieldError::forbidden(field, detail),
        "FieldValueRequired" => FieldError::required(field, detail),
        "FieldValueDuplicate" => FieldError::duplicate(field, value).with_detail(detail),
        _ => FieldError::invalid(field, value, detail),
    }));
}

/// What an error says of a rule.
fn said(rule: &Rule) -> &str {
    if rule.message.is_empty() { rule.rule.trim() } else { rule.message.trim() }
}

fn message(walk: &mut Walk, rule: &Rule, expressions: &Expressions, this: Typed<'_>, old: rule::Old<'_>) -> String {
    let made = Some(expressions).filter(|_| !rule.message_expression.is_empty()).and_then(|all| all.message(rule));
    let made = made.and_then(|made| walk.evaluate(|budget| rule::evaluate(made, this, old, budget)).ok());
    let made = made.as_ref().and_then(Value::as_str).map(str::trim);
    match made.filter(|text| !text.is_empty() && text.len() <= MESSAGE_MAX && !text.contains('\n')) {
        Some(text) => text.to_owned(),
        None if rule.message.is_empty() => format!("failed rule: {}", said(rule)),
        None => said(rule).to_owned(),
    }
}

impl Walk {
    /// Evaluates an expression. It may cost a tenth of what all may cost.
    fn evaluate(&mut self, what: impl FnOnce(&mut u64) -> Result<Value, CelError>) -> Result<Value, CelError> {
        let allowed = self.rules.min(COST_MAX);
        let mut left = allowed;
        let found = what(&mut left);
        self.rules = self.rules.saturating_sub(allowed - left);
        found
    }
}

/// A field path (`.a['b'].c`) as a part of the path of a field.
fn child(path: &str, at: At<'_>) -> String {
    let mut out = String::new();
    let mut at = Some(at);
    let mut rest = path;
    while !rest.is_empty() {
        let (name, after) = if let Some(quoted) = rest.strip_prefix("['") {
            let Some((name, after)) = quoted.split_once("']") else { return path.to_owned() };
            (name.replace("\\'", "'").replace("\\\\", "\\"), after)
        } else {
            let named = rest.strip_prefix('.').unwrap_or(rest);
            let (name, after) = named.split_at(named.find(['.', '[']).unwrap_or(named.len()));
            (name.to_owned(), after)
        };
        if name.is_empty() {
            return path.to_owned();
        }
        let is_key = at.is_some_and(|at| at.node.properties.is_none());
        if is_key {
            out.push_str(&format!("[{name}]"));
        } else {
            out.push_str(if out.is_empty() { "" } else { "." });
            out.push_str(&name);
        }
        at = at.and_then(|at| at.field(&name));
        rest = after;
    }
    out
}
