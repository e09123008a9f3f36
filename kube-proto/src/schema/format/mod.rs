//! The formats of texts in the schemas of custom resources (`strfmt` of kube-openapi, with the formats that CRDs may
//! use). A format that is not in the table is ignored.

pub(crate) mod duration;
mod email;
pub(crate) mod time;
pub(crate) mod uri;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;

use regex_lite::Regex;

/// Whether a schema may name the format for texts.
pub fn is_known(format: &str) -> bool {
    check_of(format).is_some()
}

/// Whether a text has the format. Every text has an unknown one.
pub fn fits(format: &str, text: &str) -> bool {
    check_of(format).is_none_or(|check| check(text))
}

/// Whether a text matches a pattern of this file, which is compiled once.
macro_rules! pattern {
    ($pattern:expr, $text:expr) => {{
        static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
        PATTERN.get_or_init(|| Regex::new($pattern).ok()).as_ref().is_some_and(|regex| regex.is_match($text))
    }};
}

type Check = fn(&str) -> bool;

fn check_of(format: &str) -> Option<Check> {
    let check: Check = match format.replace('-', "").as_str() {
        "bsonobjectid" => |text| text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "uri" => uri::is_request_uri,
        "email" => email::is_address,
        "hostname" => is_hostname,
        "ipv4" => |text| text.contains('.') && lax_ip(text).is_some(),
        "ipv6" => |text| text.contains(':') && text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr,
        "mac" => is_mac,
        "uuid" => |text| is_uuid(text, None),
        "uuid3" => |text| is_uuid(text, Some('3')),
        "uuid4" => |text| is_uuid(text, Some('4')),
        "uuid5" => |text| is_uuid(text, Some('5')),
        "isbn" => |text| is_isbn10(text) || is_isbn13(text),
        "isbn10" => is_isbn10,
        "isbn13" => is_isbn13,
        "creditcard" => is_credit_card,
        "ssn" => |text| text.len() == 11 && pattern!(r"^\d{3}[- ]?\d{2}[- ]?\d{4}$", text),
        "hexcolor" => |text| pattern!("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$", text),
        "rgbcolor" => is_rgb,
        "byte" => {
            |text| pattern!("^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$", text)
        }
        "password" => |_| true,
        "date" => is_date,
        "duration" => duration::is_duration,
        "datetime" => is_date_time,
        "k8sshortname" => |text| text.len() <= 63 && is_name(text),
        "k8slongname" => |text| text.len() <= 253 && text.split('.').all(is_name),
        _ => return None,
    };
    Some(check)
}

/// One label with at most one dash, or several labels and a top level of letters.
fn is_hostname(text: &str) -> bool {
    let of_label = |c: char| c.is_ascii_alphanumeric() || c.is_alphabetic() || is_symbol(c);
    let label = |part: &str| {
        let (count, ends) = (part.chars().count(), (part.chars().next(), part.chars().next_back()));
        matches!(ends, (Some(first), Some(last)) if of_label(first) && of_label(last))
            && count <= 63
            && part.chars().all(|c| c == '-' || of_label(c))
    };
    let single = |text: &str| {
        let mut chars = text.chars();
        let first = chars.next().is_some_and(of_label);
        let rest = chars.as_str();
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        first && rest.chars().count() <= 62 && rest.chars().all(of_label)
    };
    let several = |text: &str| {
        text.rsplit_once('.').is_some_and(|(labels, top)| {
            let letters = |c: char| c.is_ascii_alphabetic() || c.is_alphabetic();
            labels.split('.').all(label) && (2..=63).contains(&top.chars().count()) && top.chars().all(letters)
        })
    };
    text.len() <= 255 && text.split('.').all(|part| part.len() <= 63) && (single(text) || several(text))
}

/// Go's class `\p{S}`, roughly: what is neither a letter nor a digit, punctuation, white space or a control.
fn is_symbol(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~');
    }
    !(c.is_alphanumeric() || c.is_whitespace() || c.is_control())
}

/// An address whose decimal parts may begin with zeros.
fn lax_ip(text: &str) -> Option<IpAddr> {
    let (before, last) = text.rsplit_once(':').map_or(("", text), |(before, last)| (before, last));
    if !last.contains('.') {
        return text.parse().ok();
    }
    let mut parts = [0_u8; 4];
    let mut given = last.split('.');
    for part in &mut parts {
        let digits = given.next().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        let trimmed = digits.trim_start_matches('0');
        *part = if trimmed.is_empty() && !digits.is_empty() { 0 } else { trimmed.parse().ok()? };
    }
    let address = given.next().is_none().then(|| Ipv4Addr::from(parts))?;
    if text.contains(':') { format!("{before}:{address}").parse().ok() } else { Some(address.into()) }
}

fn is_cidr(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, length)| {
        let most = if address.contains(':') { 128 } else { 32 };
        let digits = length.bytes().all(|byte| byte.is_ascii_digit());
        lax_ip(address).is_some() && digits && length.parse::<u8>().is_ok_and(|length| length <= most)
    })
}

/// 6, 8 or 20 bytes: pairs of digits with `:` or `-` between them, groups of four with `.`, or all digits together.
fn is_mac(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (group, separator) = match (bytes.get(2), bytes.get(4)) {
        (Some(separator @ (b':' | b'-')), _) => (2, Some(*separator)),
        (_, Some(b'.')) => (4, Some(b'.')),
        _ => (bytes.len(), None),
    };
    let parts: Vec<&[u8]> = match separator {
        Some(separator) => bytes.split(|byte| *byte == separator).collect(),
        None => vec![bytes],
    };
    let digits: usize = parts.iter().map(|part| part.len()).sum();
    matches!(digits, 12 | 16 | 40)
        && parts.iter().all(|part| part.len() == group && part.iter().all(u8::is_ascii_hexdigit))
}

fn is_uuid(text: &str, version: Option<char>) -> bool {
    match version {
        None => pattern!("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$", text),
        Some('3') => pattern!("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$", text),
        Some('4') => pattern!("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$", text),
        _ => pattern!("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$", text),
    }
}

/// The digits of a book number without white space and dashes.
fn isbn(text: &str) -> Vec<u8> {
    let bare = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c | b'-');
    text.bytes().filter(bare).collect()
}

fn is_isbn10(text: &str) -> bool {
    let digits = isbn(text);
    let value = |(at, byte): (usize, &u8)| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'X' if at == 9 => Some(10),
        _ => None,
    };
    let values: Option<Vec<u32>> = digits.iter().enumerate().map(value).collect();
    values.is_some_and(|values| values.len() == 10 && (1..).zip(&values).map(|(at, v)| at * v).sum::<u32>() % 11 == 0)
}

fn is_isbn13(text: &str) -> bool {
    let digits = isbn(text);
    let sum =
        digits.iter().zip([1, 3].into_iter().cycle()).map(|(byte, factor)| u32::from(*byte) * factor).sum::<u32>();
    // The digits' codes are 48 too many: 48 * (7 * 1 + 6 * 3).
    digits.len() == 13 && digits.iter().all(u8::is_ascii_digit) && (sum - 48 * 25) % 10 == 0
}

fn is_credit_card(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let known = "^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|\
                 3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11})$";
    let luhn = |(at, byte): (usize, u8)| {
        let digit = u32::from(byte - b'0');
        if at % 2 == 0 { digit } else { digit * 2 - if digit > 4 { 9 } else { 0 } }
    };
    pattern!(known, &digits) && digits.bytes().rev().enumerate().map(luhn).sum::<u32>() % 10 == 0
}

fn is_rgb(text: &str) -> bool {
    let parts = text.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')'));
    parts.is_some_and(|parts| {
        let white = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}');
        let number = |part: &str| {
            let digits = part.trim_matches(white);
            let canonical = digits == "0" || !digits.starts_with('0');
            canonical && digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u8>().is_ok()
        };
        parts.split(',').count() == 3 && parts.split(',').all(number)
    })
}

/// `2006-01-02`.
fn is_date(text: &str) -> bool {
    let whole = format!("{text}T00:00:00Z");
    text.len() == 10 && time::time(&whole, time::Layout::Seconds).is_ok()
}

/// A date, `T`, and a time with a zone. Only the part up to the next `T` counts.
fn is_date_time(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut parts = text.split('t');
    let (date, time) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let pattern = "^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$";
    let bounded = |at: usize, most: &str| time.get(at..at + 2).is_some_and(|digits| digits <= most);
    is_date(date) && pattern!(pattern, time) && bounded(0, "23") && bounded(3, "59") && bounded(6, "59")
}

/// A label of a Kubernetes name.
fn is_name(text: &str) -> bool {
    pattern!("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", text)
}
