//! Checks of one value without its parts: types, bounds, formats, enums.

use serde_json::{Map, Number, Value};

use crate::schema::FieldError;
use crate::schema::format;
use crate::schema::node::{Bounds, Node, SchemaType};
use crate::schema::place::Place;
use crate::schema::text::float_text;

/// A number as Go's decoder holds it.
#[derive(Clone, Copy)]
enum Held {
    Int(i64),
    Float(f64),
}

impl Held {
    fn of(number: &Number) -> Self {
        number.as_i64().map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::INFINITY)), Self::Int)
    }

    #[allow(clippy::cast_precision_loss, reason = "Go converts in the same way")]
    fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }
}

/// The type of a value and its Go format, in the words of an error.
fn type_of(value: &Value) -> (&'static str, &'static str) {
    match value {
        Value::Null => ("null", ""),
        Value::Bool(_) => ("boolean", ""),
        Value::Number(number) => match Held::of(number) {
            Held::Int(_) => ("integer", "int64"),
            Held::Float(_) => ("number", "float64"),
        },
        Value::String(_) => ("string", ""),
        Value::Array(_) => ("array", ""),
        Value::Object(_) => ("object", ""),
    }
}

/// Whether a float counts as an integer: one with a fraction of a billionth does too.
fn is_integral(float: f64) -> bool {
    const MOST: f64 = 9_007_199_254_740_991.0;
    if !(-MOST..=MOST).contains(&float) {
        return false;
    }
    let whole = float.trunc();
    let difference = (float - whole).abs();
    difference == 0.0 || whole != 0.0 && difference / (float.abs() + whole.abs()) < 1e-9
}

pub(super) fn type_fault(value: &Value, node: &Node, place: &Place<'_>) -> Option<FieldError> {
    let types = node.types();
    let has = |wanted: SchemaType| types.contains(&wanted);
    let (found, found_format) = type_of(value);
    let fault = |wanted: &str, found: &str| {
        let detail = format!("{place} in body must be of type {wanted}: \"{found}\"");
        Some(FieldError::type_invalid(place.to_string(), &found.into(), detail))
    };
    let names = || types.iter().map(|one| one.name()).collect::<Vec<_>>().join(",");
    if value.is_null() {
        return if types.is_empty() || node.nullable { None } else { fault(&names(), found) };
    }
    let named = types.iter().any(|one| one.name() == found);
    let float = match value {
        Value::Number(number) => match Held::of(number) {
            Held::Float(float) => Some(float),
            Held::Int(_) => None,
        },
        _ => None,
    };
    let whole_float = float.is_some_and(is_integral) && has(SchemaType::Integer);
    let fits = named || whole_float || found == "integer" && has(SchemaType::Number);
    let flat = value.is_string() || value.is_array();
    if let Some(format) = node.checked_format() {
        if !flat && !fits && format != found_format {
            return fault(format, found_format);
        }
        // The format judges a text, whatever its type says; lists pass too.
        if flat && !has(SchemaType::Number) && !has(SchemaType::Integer) {
            return None;
        }
    }
    if fits { None } else { fault(&names(), found) }
}

/// The complaint about a number that its type cannot hold. The server does not name the field.
fn range_fault(number: Held, node: &Node, what: &str, place: &Place<'_>) -> Option<FieldError> {
    let [only] = node.types() else { return None };
    let format = node.checked_format().unwrap_or_default();
    let (format, fits) = match (only, format) {
        (SchemaType::Integer, "int32") => (format, as_integer(number).is_some_and(|int| i32::try_from(int).is_ok())),
        (SchemaType::Integer, "int64") => (format, as_integer(number).is_some()),
        (SchemaType::Integer, _) => ("", as_integer(number).is_some()),
        (SchemaType::Number, "float") => (format, number.float().abs() <= f64::from(f32::MAX)),
        _ => return None,
    };
    let with = if format.is_empty() { "(default format)".to_owned() } else { format!("with format {format}") };
    let detail = format!("{what} value must be of type {} {with} in {place}", only.name());
    (!fits).then(|| FieldError::invalid("<nil>", &"".into(), detail))
}

/// The integer that a number's shortest digits write.
fn as_integer(number: Held) -> Option<i64> {
    match number {
        Held::Int(int) => Some(int),
        Held::Float(float) if float.fract() == 0.0 && float.abs() < 1e19 => float.to_string().parse().ok(),
        Held::Float(_) => None,
    }
}

pub(super) fn number_faults(number: &Number, node: &Node, place: &Place<'_>) -> Vec<FieldError> {
    let held = Held::of(number);
    let mut faults: Vec<FieldError> = range_fault(held, node, "Checked", place).into_iter().collect();
    let Some(bounds) = node.bounds.as_deref() else { return faults };
    let value = Value::Number(number.clone());
    let wrong = |faults: &mut Vec<FieldError>, words: String| {
        faults.push(FieldError::invalid(place.to_string(), &value, format!("{place} in body {words}")));
    };
    // A bound that the type cannot hold is compared as a float.
    let comparable = |faults: &mut Vec<FieldError>, bound: f64, what: &str| {
        let fault = range_fault(Held::Float(bound), node, what, place);
        let fits = fault.is_none();
        faults.extend(fault);
        match held {
            Held::Int(int) if fits => Held::Int(int),
            _ => Held::Float(held.float()),
        }
    };
    let text = |held: Held, bound: f64| match held {
        Held::Int(_) => truncated(bound).to_string(),
        Held::Float(_) => float_text(bound),
    };
    if let Some(step) = bounds.multiple_of {
        let held = comparable(&mut faults, step, "MultipleOf");
        let multiple = match held {
            Held::Int(int) => int.checked_rem(truncated(step)).is_some_and(|rest| rest == 0),
            Held::Float(float) => is_integral(if step < 1.0 { 1.0 / step * float } else { float / step }),
        };
        // An integer is divided by the whole part of the step alone, so no step below 1 works.
        if step <= 0.0 || matches!(held, Held::Int(_)) && truncated(step) <= 0 {
            let step = text(held, step);
            let words = format!("factor MultipleOf declared for {place} must be positive: {step}");
            faults.push(FieldError::invalid(place.to_string(), &Value::Null, words).shown_as(step));
        } else if !multiple {
            wrong(&mut faults, format!("should be a multiple of {}", text(held, step)));
        }
    }
    if let Some(most) = bounds.maximum {
        let held = comparable(&mut faults, most, "Maximum boundary");
        let over = match held {
            Held::Int(int) => int > truncated(most) || bounds.exclusive_maximum && int == truncated(most),
            Held::Float(float) => float > most || bounds.exclusive_maximum && float >= most,
        };
        if over {
            let than = if bounds.exclusive_maximum { "less than" } else { "less than or equal to" };
            wrong(&mut faults, format!("should be {than} {}", text(held, most)));
        }
    }
    if let Some(least) = bounds.minimum {
        let held = comparable(&mut faults, least, "Minimum boundary");
        let under = match held {
            Held::Int(int) => int < truncated(least) || bounds.exclusive_minimum && int == truncated(least),
            Held::Float(float) => float < least || bounds.exclusive_minimum && float <= least,
        };
        if under {
            let than = if bounds.exclusive_minimum { "greater than" } else { "greater than or equal to" };
            wrong(&mut faults, format!("should be {than} {}", text(held, least)));
        }
    }
    faults
}

#[allow(clippy::cast_possible_truncation, reason = "Go converts in the same way")]
fn truncated(float: f64) -> i64 {
    float as i64
}

/// The first of the server's complaints about a length.
pub(super) fn length_fault(text: &str, bounds: &Bounds, place: &Place<'_>) -> Option<FieldError> {
    if bounds.max_length.is_none() && bounds.min_length.is_none() {
        return None;
    }
    let length = text.chars().count();
    if let Some(most) = bounds.max_length.filter(|most| length > *most) {
        return Some(FieldError::too_long(place.to_string(), most));
    }
    let least = bounds.min_length.filter(|least| length < *least)?;
    let detail = format!("{place} in body should be at least {least} chars long");
    Some(FieldError::invalid(place.to_string(), &text.into(), detail))
}

pub(super) fn format_fault(text: &str, format: &str, place: &Place<'_>) -> Option<FieldError> {
    if format::fits(format, text) {
        return None;
    }
    let detail = format!("{place} in body must be of type {format}: {}", crate::schema::text::quote(text));
    Some(FieldError::type_invalid(place.to_string(), &text.into(), detail))
}

pub(super) fn enum_fault(value: &Value, node: &Node, place: &Place<'_>) -> Option<FieldError> {
    let allowed = &node.bounds.as_deref()?.allowed;
    // The server compares null with nothing, also where the enum has it.
    if allowed.is_empty() || !value.is_null() && allowed.iter().any(|one| is_allowed(one, value)) {
        return None;
    }
    let texts: Vec<String> =
        allowed.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    Some(FieldError::not_supported(place.to_string(), value, &texts))
}

/// Whether a value is one of an enum. Go converts the value to the type of the other first, so 1.5 counts as 1.
fn is_allowed(one: &Value, value: &Value) -> bool {
    match (one, value) {
        (Value::Number(one), Value::Number(number)) => match (one.as_i64(), Held::of(number)) {
            (Some(one), Held::Float(float)) => truncated(float) == one,
            (Some(one), Held::Int(int)) => one == int,
            (None, held) => one.as_f64() == Some(held.float()),
        },
        _ => is_equal(one, value),
    }
}

/// Whether values are equal; numbers by their value.
pub(crate) fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) if one != other => {
            one.is_f64() != other.is_f64() && one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| is_equal(one, other)))
        }
        (one, other) => one == other,
    }
}

pub(super) fn count_faults(items: &[Value], node: &Node, place: &Place<'_>) -> Vec<FieldError> {
    let Some(bounds) = node.bounds.as_deref() else { return Vec::new() };
    let mut faults = Vec::new();
    if let Some(least) = bounds.min_items.filter(|least| items.len() < *least) {
        let detail = format!("{place} in body should have at least {least} items");
        faults.push(FieldError::invalid(place.to_string(), &items.len().into(), detail));
    }
    if let Some(most) = bounds.max_items.filter(|most| items.len() > *most) {
        faults.push(FieldError::too_many(place.to_string(), items.len(), most));
    }
    if bounds.unique_items {
        let mut texts: Vec<String> = items.iter().map(ToString::to_string).collect();
        texts.sort_unstable();
        if texts.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            let detail = format!("{place} in body shouldn't contain duplicates");
            faults.push(FieldError::invalid(place.to_string(), &"".into(), detail));
        }
    }
    faults
}

pub(super) fn size_faults(map: &Map<String, Value>, node: &Node, place: &Place<'_>) -> Vec<FieldError> {
    let Some(bounds) = node.bounds.as_deref() else { return Vec::new() };
    let mut faults = Vec::new();
    if let Some(least) = bounds.min_properties.filter(|least| map.len() < *least) {
        let detail = format!("{place} in body should have at least {least} properties");
        faults.push(FieldError::invalid(place.to_string(), &map.len().into(), detail));
    }
    if let Some(most) = bounds.max_properties.filter(|most| map.len() > *most) {
        faults.push(FieldError::too_many(place.to_string(), map.len(), most));
    }
    faults
}
