//! `format`: texts with values in them.

use super::super::convert::string;
use super::super::error::CelError;
use super::super::machine::Machine;
use super::super::value::Value;
use crate::schema::text::quote;

pub(super) fn format<'a>(machine: &mut Machine<'a>, of: &str, arguments: &[Value<'a>]) -> Result<String, CelError> {
    let mut out = String::new();
    let mut rest = of;
    let mut next = arguments.iter();
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let mut verb = after;
        if let Some(after) = verb.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let mut precision = 6;
        if let Some(digits) = verb.strip_prefix('.') {
            let (number, after) = digits.split_at(digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()));
            precision = number
                .parse()
                .ok()
                .filter(|number| *number <= 100)
                .ok_or(CelError::Failed("invalid precision".into()))?;
            verb = after;
        }
        let mut chars = verb.chars();
        let clause = chars.next();
        rest = chars.as_str();
        let Some(value) = next.next() else {
            return CelError::failed("index out of range: there are too few arguments to format");
        };
        write(machine, clause, precision, value, &mut out)?;
    }
    out.push_str(rest);
    machine.spend(out.len() / 10)?;
    Ok(out)
}

fn write<'a>(
    machine: &mut Machine<'a>,
    clause: Option<char>,
    precision: usize,
    value: &Value<'a>,
    out: &mut String,
) -> Result<(), CelError> {
    let wrong = || CelError::failed(format!("error during formatting: {} cannot be written so", value.type_name()));
    match (clause, value) {
        (Some('s'), value) => shown(machine, value, false, out)?,
        (Some('d'), Value::Int(number)) => out.push_str(&number.to_string()),
        (Some('d'), Value::Uint(number)) => out.push_str(&number.to_string()),
        (Some('f'), Value::Double(number)) => out.push_str(&format!("{number:.precision$}")),
        (Some('e'), Value::Double(number)) => out.push_str(&scientific(*number, precision)),
        (Some('b'), Value::Bool(value)) => out.push(if *value { '1' } else { '0' }),
        (Some(verb @ ('b' | 'o' | 'x' | 'X')), Value::Int(number)) => {
            if *number < 0 {
                out.push('-');
            }
            based(verb, number.unsigned_abs(), out);
        }
        (Some(verb @ ('b' | 'o' | 'x' | 'X')), Value::Uint(number)) => based(verb, *number, out),
        (Some(verb @ ('x' | 'X')), Value::Text(text)) => hex(verb, text.as_bytes(), out),
        (Some(verb @ ('x' | 'X')), Value::Bytes(bytes)) => hex(verb, bytes, out),
        (Some('d' | 'f' | 'e' | 'b' | 'o' | 'x' | 'X'), _) => wrong()?,
        _ => return CelError::failed("could not parse formatting clause"),
    }
    machine.spend(1)
}

fn based(verb: char, number: u64, out: &mut String) {
    out.push_str(&match verb {
        'b' => format!("{number:b}"),
        'o' => format!("{number:o}"),
        'x' => format!("{number:x}"),
        _ => format!("{number:X}"),
    });
}

fn hex(verb: char, bytes: &[u8], out: &mut String) {
    for byte in bytes {
        out.push_str(&if verb == 'x' { format!("{byte:02x}") } else { format!("{byte:02X}") });
    }
}

/// `3.140000×10⁰⁰`
fn scientific(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(("", exponent), |exponent| ("\u{207b}", exponent));
    let raised = |digit: char| match digit {
        '1' => '\u{b9}',
        '2' => '\u{b2}',
        '3' => '\u{b3}',
        digit => char::from_u32(0x2070 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    };
    let exponent: String = format!("{exponent:0>2}").chars().map(raised).collect();
    format!("{digits}\u{d7}10{sign}{exponent}")
}

/// A value as `%s` writes it; texts in lists and maps are quoted.
fn shown<'a>(machine: &mut Machine<'a>, value: &Value<'a>, inner: bool, out: &mut String) -> Result<(), CelError> {
    machine.spend(1)?;
    match value {
        Value::Null => out.push_str("null"),
        Value::Text(text) if inner => out.push_str(&quote(text)),
        Value::Type(name) => out.push_str(name),
        Value::List(list) => {
            out.push('[');
            for (index, item) in machine.items(list)?.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                shown(machine, item, true, out)?;
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, key) in map.keys().into_iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                shown(machine, &key.value(), true, out)?;
                out.push_str(": ");
                if let Some(value) = map.get(&key).transpose()? {
                    shown(machine, &value, true, out)?;
                }
            }
            out.push('}');
        }
        value => match string(value) {
            Some(text) => out.push_str(&text),
            None => return CelError::failed(format!("string clause can not be used on {}", value.type_name())),
        },
    }
    machine.spend(out.len() / 1000)
}
