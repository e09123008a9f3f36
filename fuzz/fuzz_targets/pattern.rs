//! Patterns of schemas: where Go's syntax is also that of the crate `regex`, both find the same.
//!
//! The first line is the pattern, the rest is the text.

#![no_main]

use kube_proto::schema::internals::is_match;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let (pattern, text) = input.split_once('\n').unwrap_or((input, ""));
    let text = text.get(..256).unwrap_or(text);
    let found = is_match(pattern, text);
    // A text without a special character finds itself.
    if !pattern.contains(['\\', '[', ']', '(', ')', '{', '}', '*', '+', '?', '|', '^', '$', '.']) {
        assert_eq!(found, Some(text.contains(pattern)), "{pattern:?} {text:?}");
    }
    let common = |c: char| c.is_ascii_alphanumeric() || "()|*+?^$.-_ @:/".contains(c);
    // `(?` begins a flag, and the others are refused in Go.
    if pattern.chars().all(common)
        && !["(?", "**", "++", "??", "*+", "+*", "?*", "?+"].iter().any(|odd| pattern.contains(odd))
    {
        let theirs = regex::Regex::new(pattern).ok().map(|regex| regex.is_match(text));
        if let (Some(ours), Some(theirs)) = (found, theirs) {
            assert_eq!(ours, theirs, "{pattern:?} {text:?}");
        }
    }
});
