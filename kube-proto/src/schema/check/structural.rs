//! Values of custom resources (`validation/validate` of kube-openapi).
//!
//! The order of the checks at one value, which is the order of the errors: type, `anyOf`, `oneOf`, `allOf`, `not`, then
//! text, format, number or items, then `enum`, then members and the required ones.
//!
//! Where a value fits none of several schemas, the errors of the one are reported that most checks of the value passed;
//! [`Walk::structural`] returns the count of these.

use serde_json::{Map, Value};

use super::built_in;
use super::report::Why;
use super::values;
use super::walk::{Old, Walk, keys_of};
use crate::schema::FieldError;
use crate::schema::definitions::At;
use crate::schema::node::{Additional, Logic, SchemaType};
use crate::schema::place::Place;

/// One value and where it is.
#[derive(Clone, Copy)]
pub(super) struct Subject<'s, 'v, 'p> {
    pub(super) value: &'v Value,
    pub(super) at: At<'s>,
    pub(super) place: &'p Place<'p>,
    pub(super) level: usize,
    /// The value of before an update, if there is one that this value replaces.
    pub(super) old: Option<Old<'s, 'v>>,
    /// It is a whole object.
    pub(super) resource: bool,
}

impl Walk {
    /// Checks a value. An error is dropped where the value did not change.
    pub(super) fn structural(&mut self, subject: Subject<'_, '_, '_>) -> u64 {
        let mark = self.report.errors.len();
        let passed = self.all(subject);
        if self.report.errors.len() > mark && subject.old.is_some_and(|old| old.is_same(subject.value)) {
            self.report.errors.truncate(mark);
        }
        passed
    }

    fn all(&mut self, subject: Subject<'_, '_, '_>) -> u64 {
        let Subject { value, at, place, level, .. } = subject;
        if !self.step(1, level, place) {
            return 0;
        }
        if at.built_in {
            built_in::check(self, value, at, place, level);
            return 1;
        }
        let node = at.node;
        let typed = !node.types().is_empty() || node.checks_format;
        let mut passed = 0;
        if typed {
            match values::type_fault(value, node, place) {
                Some(error) => self.error(error),
                None => passed += 1,
            }
        }
        if value.is_null() {
            self.allowed(subject);
            return passed;
        }
        passed += u64::from(typed) + 4;
        if let Some(logic) = &node.logic {
            passed += self.logic(subject, logic);
        }
        match value {
            Value::String(text) => {
                passed += 1;
                passed += u64::from(self.text(text, subject));
            }
            Value::Number(number) => {
                passed += 2;
                for error in values::number_faults(number, node, place) {
                    self.error(error);
                }
            }
            Value::Array(items) => passed += 2 + self.items(items, subject),
            _ => {}
        }
        self.allowed(subject);
        if let Value::Object(map) = value {
            passed += 1 + self.members(map, subject);
        }
        passed
    }

    /// Whether a format applies.
    fn text(&mut self, text: &str, subject: Subject<'_, '_, '_>) -> bool {
        let Subject { at: At { node, .. }, place, level, .. } = subject;
        if let Some(bounds) = &node.bounds {
            let fault = values::length_fault(text, bounds, place);
            let long = fault.is_some();
            fault.into_iter().for_each(|error| self.error(error));
            if let Some(written) = bounds.pattern.as_deref().filter(|_| !long) {
                match bounds.pattern() {
                    None => self.unchecked(place, Why::Pattern),
                    Some(pattern) => {
                        if self.step(pattern.cost(text.len()), level, place) && !pattern.is_match(text) {
                            self.error(FieldError::invalid(
                                place.to_string(),
                                &text.into(),
                                format!("{place} in body should match '{written}'"),
                            ));
                        }
                    }
                }
            }
        }
        let Some(format) = node.checked_format() else { return false };
        if let Some(error) = values::format_fault(text, format, place) {
            self.error(error);
        }
        crate::schema::format::is_known(format)
    }

    fn allowed(&mut self, subject: Subject<'_, '_, '_>) {
        let count = subject.at.node.bounds.as_ref().map_or(0, |bounds| bounds.allowed.len());
        if count == 0 || !self.step(count as u64, subject.level, subject.place) {
            return;
        }
        let fault = values::enum_fault(subject.value, subject.at.node, subject.place);
        fault.into_iter().for_each(|error| self.error(error));
    }

    fn items(&mut self, items: &[Value], subject: Subject<'_, '_, '_>) -> u64 {
        let Subject { at, place, level, old, .. } = subject;
        let mut passed = 0;
        if let Some(at) = at.node.items.as_ref().and_then(|node| self.to(at, node, place)) {
            // Items are known again by their keys alone.
            let before = old.and_then(Old::items);
            for (index, value) in items.iter().enumerate() {
                let keys = old.map(|old| &old.at.node.list_keys);
                let old = before.as_ref().zip(keys).and_then(|(all, keys)| all.get(&keys_of(value, keys)?).copied());
                let place = Place::Item(place, index);
                passed += self.structural(Subject { value, at, place: &place, level: level + 1, old, resource: false });
            }
        }
        for error in values::count_faults(items, at.node, place) {
            self.error(error);
        }
        passed
    }

    fn members(&mut self, map: &Map<String, Value>, subject: Subject<'_, '_, '_>) -> u64 {
        let Subject { at, place, level, old, .. } = subject;
        let node = at.node;
        for error in values::size_faults(map, node, place) {
            self.error(error);
        }
        let mut passed = 0;
        let mut member = |walk: &mut Self, key: &str, value, node| {
            let place = Place::Key(place, key);
            let Some(at) = walk.to(at, node, &place) else { return };
            // The version of an object is not its own: both versions were converted to the same one.
            let fixed = matches!(place, Place::Key(Place::Root, "apiVersion" | "kind"));
            let old = old.filter(|_| !fixed).and_then(|old| old.field(key));
            passed += walk.structural(Subject { value, at, place: &place, level: level + 1, old, resource: false });
        };
        for (key, value) in map {
            match (node.property(key), &node.additional) {
                (Some(inner), _) | (None, Additional::Of(inner)) => member(self, key, value, inner),
                (None, Additional::Any(false)) => {
                    let detail = format!("{place}.{key} in body is a forbidden property");
                    self.error(FieldError::invalid(place.to_string(), &key.as_str().into(), detail));
                }
                _ => {}
            }
            if self.is_stopped() {
                return passed;
            }
        }
        for key in node.required.iter().filter(|key| !map.contains_key(&***key)) {
            // The server adds metadata.
            if subject.resource && **key == *"metadata" {
                continue;
            }
            self.error(FieldError::required(Place::Key(place, key).to_string(), ""));
        }
        passed
    }

    /// Checks a value by one of several schemas, and returns its errors.
    fn attempt(&mut self, subject: Subject<'_, '_, '_>, node: &crate::schema::node::Node) -> (u64, Vec<FieldError>) {
        let Some(at) = self.to(subject.at, node, subject.place) else { return (0, Vec::new()) };
        let outer = std::mem::take(&mut self.report.errors);
        // The server compares nothing with the old object here.
        let passed = self.all(Subject { at, old: None, level: subject.level + 1, ..subject });
        (passed, std::mem::replace(&mut self.report.errors, outer))
    }

    fn logic(&mut self, subject: Subject<'_, '_, '_>, logic: &Logic) -> u64 {
        let place = subject.place;
        let composite = |words: String| FieldError::invalid("<nil>", &"".into(), words);
        let mut passed = 0;
        if !logic.any_of.is_empty() {
            let mut best: Option<(u64, Vec<FieldError>)> = None;
            for node in &logic.any_of {
                let (count, errors) = self.attempt(subject, node);
                let fits = errors.is_empty();
                if fits || best.as_ref().is_none_or(|(most, _)| count > *most) {
                    best = Some((count, errors));
                }
                if fits {
                    break;
                }
            }
            if let Some((count, errors)) = best {
                if !errors.is_empty() {
                    self.error(composite(format!("\"{place}\" must validate at least one schema (anyOf)")));
                }
                passed += count;
                errors.into_iter().for_each(|error| self.error(error));
            }
        }
        if !logic.one_of.is_empty() {
            passed += self.one_of(subject, logic, composite);
        }
        if !logic.all_of.is_empty() {
            let mut fitting = 0;
            for node in &logic.all_of {
                let (count, errors) = self.attempt(subject, node);
                passed += count;
                fitting += usize::from(errors.is_empty());
                errors.into_iter().for_each(|error| self.error(error));
            }
            if fitting < logic.all_of.len() {
                let none = if fitting == 0 { ". None validated" } else { "" };
                self.error(composite(format!("\"{place}\" must validate all the schemas (allOf){none}")));
            }
        }
        if let Some(node) = &logic.not
            && self.attempt(subject, node).1.is_empty()
            && !self.is_stopped()
        {
            self.error(composite(format!("\"{place}\" must not validate the schema (not)")));
        }
        passed
    }

    fn one_of(&mut self, subject: Subject<'_, '_, '_>, logic: &Logic, composite: impl Fn(String) -> FieldError) -> u64 {
        let place = subject.place;
        let (mut fitting, mut passed) = (0_usize, 0);
        let mut best: Option<(u64, Vec<FieldError>)> = None;
        for node in &logic.one_of {
            let (count, errors) = self.attempt(subject, node);
            if errors.is_empty() {
                fitting += 1;
                best = None;
                passed = if fitting == 1 { count } else { passed };
            } else if fitting == 0 && best.as_ref().is_none_or(|(most, _)| count > *most) {
                best = Some((count, errors));
            }
        }
        if fitting == 1 || self.is_stopped() {
            return passed;
        }
        let found =
            if fitting == 0 { "Found none valid".to_owned() } else { format!("Found {fitting} valid alternatives") };
        self.error(composite(format!("\"{place}\" must validate one and only one schema (oneOf). {found}")));
        let Some((count, errors)) = best else { return 0 };
        errors.into_iter().for_each(|error| self.error(error));
        count
    }
}

impl crate::schema::node::Node {
    /// The types that a value may have; all if there is none.
    pub(crate) fn types(&self) -> &'static [SchemaType] {
        use SchemaType::{Array, Boolean, Integer, Number, Object, String};
        match self.ty {
            _ if self.int_or_string => &[Integer, String],
            None => &[],
            Some(String) => &[String],
            Some(Integer) => &[Integer],
            Some(Number) => &[Number],
            Some(Boolean) => &[Boolean],
            Some(Array) => &[Array],
            Some(Object) => &[Object],
        }
    }
}
