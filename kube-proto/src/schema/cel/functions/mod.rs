//! The functions that expressions can call: CEL's own, and the libraries that Kubernetes 1.36 has.

mod formats;
mod lists;
mod net;
mod text;
mod written;

use std::rc::Rc;

use super::error::CelError;
use super::floats::float;
use super::known::named;
use super::machine::Machine;
use super::moments;
use super::semver::Version;
use super::url::Url;
use super::value::{Key, Map, Value};
use crate::schema::quantity;

/// Calls a function. The target of a method is the first value.
pub(super) fn call<'a>(
    machine: &mut Machine<'a>,
    name: &str,
    method: bool,
    values: &[Value<'a>],
) -> Result<Value<'a>, CelError> {
    use Value as V;
    machine.spend(1)?;
    let yes = |value: bool| Ok(V::Bool(value));
    match (name, values) {
        ("size", [of]) => text::size(machine, of),
        ("int" | "uint" | "double" | "string" | "bytes" | "bool" | "duration" | "timestamp" | "dyn", [of]) => {
            machine.spend(text::length(of) / 10)?;
            super::convert::convert(name, of)
        }
        ("type", [of]) => yes_type(of),
        ("optional.of", [of]) => Ok(V::some(of.clone())),
        ("optional.none", []) => Ok(V::Optional(None)),
        ("optional.ofNonZeroValue", [of]) => Ok(V::optional((!is_zero(of)).then(|| of.clone()))),
        ("hasValue", [V::Optional(inner)]) => yes(inner.is_some()),
        ("value", [V::Optional(inner)]) => match inner {
            Some(inner) => Ok((**inner).clone()),
            None => CelError::failed("optional.none() dereference"),
        },
        (_, [of, rest @ ..]) if name.starts_with("get") && matches!(of, V::Time(_) | V::Duration(_)) => match rest {
            [] => moments::part(name, of, None),
            [V::Text(zone)] => moments::part(name, of, Some(zone)),
            _ => CelError::no_overload(name),
        },
        ("isURL", [V::Text(text)]) => yes(Url::parse(text).is_some()),
        ("url", [V::Text(text)]) => match Url::parse(text) {
            Some(url) => Ok(V::Url(url.into())),
            None => CelError::failed(format!("URL parse error during conversion from string: {}", &**text)),
        },
        ("getQuery", [V::Url(url)]) => {
            let texts = |all: Vec<String>| V::list(all.into_iter().map(V::text).collect());
            let all = url.query().into_iter().map(|(key, values)| (Key::Text(key.into()), texts(values)));
            Ok(V::Map(Map::Made(Rc::new(all.collect()))))
        }
        (_, [V::Url(url)]) => match url.part(name) {
            Some(part) => Ok(V::text(part)),
            None => CelError::no_overload(name),
        },
        ("isQuantity", [V::Text(text)]) => yes(quantity::exact(&(&**text).into()).is_some()),
        ("quantity", [V::Text(text)]) => match quantity::exact(&(&**text).into()) {
            Some(nanos) => Ok(V::Quantity(nanos)),
            None => CelError::failed(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            ),
        },
        (_, [V::Quantity(nanos), rest @ ..]) if method => of_quantity(name, *nanos, rest),
        ("isSemver" | "semver", [V::Text(text), rest @ ..]) => {
            let normalize = match rest {
                [] => false,
                [V::Bool(normalize)] => *normalize,
                _ => return CelError::no_overload(name),
            };
            match (name, Version::parse(text, normalize)) {
                ("isSemver", version) => yes(version.is_some()),
                (_, Some(version)) => Ok(V::Version(version.into())),
                (_, None) => CelError::failed(format!("invalid semver {}", &**text)),
            }
        }
        (_, [V::Version(version), rest @ ..]) if method => of_version(name, version, rest),
        ("isIP" | "ip" | "ip.isCanonical" | "isCIDR" | "cidr", [V::Text(text)]) => net::read(name, text),
        (_, [V::Ip(address)]) => net::of_address(name, *address),
        (_, [V::Cidr(address, length), rest @ ..]) => net::of_network(name, (*address, *length), rest),
        ("validate" | "format.named", _) => formats::call(machine, name, values),
        (_, []) => match name.strip_prefix("format.").and_then(named) {
            Some(name) => Ok(V::Format(name)),
            None => CelError::no_overload(name),
        },
        ("sets.contains" | "sets.equivalent" | "sets.intersects" | "lists.range", _) => {
            lists::of_sets(machine, name, values)
        }
        (_, [V::List(list), rest @ ..]) if method => lists::call(machine, name, list, rest),
        (_, [V::Text(of), rest @ ..]) => text::call(machine, name, of, rest),
        _ => CelError::no_overload(name),
    }
}

fn yes_type<'a>(of: &Value<'a>) -> Result<Value<'a>, CelError> {
    Ok(Value::Type(of.type_name().into()))
}

fn is_zero(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Optional(None) => true,
        Value::Bool(value) => !value,
        Value::Int(number) => *number == 0,
        Value::Uint(number) => *number == 0,
        Value::Double(number) => *number == 0.0,
        Value::Text(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(list) => list.len() == 0,
        Value::Map(map) => map.len() == 0,
        Value::Duration(nanos) => *nanos == 0,
        // Go's zero time: the first moment of the year 1.
        Value::Time(time) => time.at.as_second() == -62_135_596_800,
        _ => false,
    }
}

fn ordered<'a>(name: &str, order: std::cmp::Ordering) -> Option<Value<'a>> {
    Some(match name {
        "isGreaterThan" => Value::Bool(order.is_gt()),
        "isLessThan" => Value::Bool(order.is_lt()),
        "compareTo" => Value::Int(order as i64),
        _ => return None,
    })
}

/// Nano units in a unit.
const NANO: i128 = 1_000_000_000;

#[allow(clippy::cast_precision_loss)]
fn of_quantity<'a>(name: &str, nanos: i128, rest: &[Value<'a>]) -> Result<Value<'a>, CelError> {
    let whole = i64::try_from(nanos / NANO).ok().filter(|_| nanos % NANO == 0);
    let other = match rest {
        [] => None,
        [Value::Quantity(other)] => Some(*other),
        [Value::Int(other)] if matches!(name, "add" | "sub") => i128::from(*other).checked_mul(NANO),
        _ => return CelError::no_overload(name),
    };
    let value = match (name, other) {
        ("sign", None) => Value::Int(nanos.signum().try_into().unwrap_or(0)),
        ("isInteger", None) => Value::Bool(whole.is_some()),
        ("asInteger", None) => match whole {
            Some(whole) => Value::Int(whole),
            None => return CelError::failed("cannot convert value to integer"),
        },
        ("asApproximateFloat", None) => match whole {
            Some(whole) => Value::Double(float(whole)),
            None => Value::Double(nanos as f64 / 1e9),
        },
        ("add" | "sub", Some(other)) => {
            let sum = if name == "add" { nanos.checked_add(other) } else { nanos.checked_sub(other) };
            sum.map_or_else(|| CelError::failed("quantity overflow"), |sum| Ok(Value::Quantity(sum)))?
        }
        (_, Some(other)) => match ordered(name, nanos.cmp(&other)) {
            Some(value) => value,
            None => return CelError::no_overload(name),
        },
        _ => return CelError::no_overload(name),
    };
    Ok(value)
}

fn of_version<'a>(name: &str, version: &Version, rest: &[Value<'a>]) -> Result<Value<'a>, CelError> {
    let [major, minor, patch] = version.numbers;
    let number = match (name, rest) {
        ("major", []) => major,
        ("minor", []) => minor,
        ("patch", []) => patch,
        (_, [Value::Version(other)]) => {
            return ordered(name, version.compare(other)).map_or_else(|| CelError::no_overload(name), Ok);
        }
        _ => return CelError::no_overload(name),
    };
    i64::try_from(number).map_or_else(|_| CelError::failed("integer overflow"), |number| Ok(Value::Int(number)))
}
