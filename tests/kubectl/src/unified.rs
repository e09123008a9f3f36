//! `diff`: two forms of objects as a unified difference, as the program `diff -u -N` prints them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kube_proto::yaml;
use serde_json::Value;

use super::object;

/// The most lines of an object, and the most lines that differ between two forms of it.
const LINES_MAX: usize = 100_000;
const DIFFERENCES_MAX: usize = 2_000;
/// The lines around a difference.
const CONTEXT: usize = 3;

/// Objects before and after, by the name of their file.
#[derive(Default)]
pub(super) struct Differences {
    managed_fields: bool,
    secrets: bool,
    files: BTreeMap<String, (String, String)>,
}

impl std::fmt::Debug for Differences {
    /// Leaves out the objects: they may be Secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Differences").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

impl Differences {
    pub(super) fn new(managed_fields: bool, secrets: bool) -> Self {
        Self { managed_fields, secrets, files: BTreeMap::new() }
    }

    /// Adds an object in the two forms; one may be missing.
    pub(super) fn add(&mut self, name: &str, before: Option<&Value>, after: Option<&Value>) {
        let (mut before, mut after) = (before.cloned(), after.cloned());
        let is_secret = |object: &Option<Value>| {
            object.as_ref().is_some_and(|object| object["apiVersion"] == "v1" && object["kind"] == "Secret")
        };
        if !self.managed_fields {
            before.iter_mut().chain(&mut after).for_each(object::without_managed_fields);
        }
        if !self.secrets && (is_secret(&before) || is_secret(&after)) {
            mask(before.as_mut(), after.as_mut());
        }
        let text = |object: Option<Value>| object.map(|object| yaml::to_string(&object)).unwrap_or_default();
        self.files.insert(name.to_owned(), (text(before), text(after)));
    }

    /// Adds an object that goes, as it is.
    pub(super) fn add_pruned(&mut self, name: &str, object: &Value) {
        let mut object = object.clone();
        if !self.secrets && object["kind"] == "Secret" {
            mask(Some(&mut object), None);
        }
        self.files.insert(name.to_owned(), (yaml::to_string(&object), String::new()));
    }

    /// All differences; `None` if there are none.
    pub(super) fn text(&self) -> Result<Option<String>, String> {
        let mut text = String::new();
        for (name, (before, after)) in &self.files {
            if before != after {
                let _ = writeln!(text, "diff -u -N LIVE/{name} MERGED/{name}\n--- LIVE/{name}\n+++ MERGED/{name}");
                unified(before, after, &mut text).map_err(|error| format!("{name}: {error}"))?;
            }
        }
        Ok((!text.is_empty()).then_some(text))
    }
}

/// Replaces the values of a secret, so that only whether they differ is seen.
fn mask(before: Option<&mut Value>, after: Option<&mut Value>) {
    let mut empty = (Value::Null, Value::Null);
    let before = before.unwrap_or(&mut empty.0).get_mut("data").and_then(Value::as_object_mut);
    let after = after.unwrap_or(&mut empty.1).get_mut("data").and_then(Value::as_object_mut);
    let (mut none_before, mut none_after) = Default::default();
    let (before, after) = (before.unwrap_or(&mut none_before), after.unwrap_or(&mut none_after));
    for (key, value) in before.iter_mut() {
        match after.get_mut(key) {
            Some(other) if other != value => {
                *value = "*** (before)".into();
                *other = "*** (after)".into();
            }
            Some(other) => (*value, *other) = ("***".into(), "***".into()),
            None => *value = "***".into(),
        }
    }
    for (_, value) in after.iter_mut().filter(|(key, _)| !before.contains_key(*key)) {
        *value = "***".into();
    }
}

/// A line that both forms have, or only one of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Both,
    Before,
    After,
}

fn unified(before: &str, after: &str, text: &mut String) -> Result<(), String> {
    let (a, b): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    if a.len().max(b.len()) > LINES_MAX {
        return Err(format!("the object has more than {LINES_MAX} lines"));
    }
    let lines = compared(&a, &b)?;
    // Places of the lines that differ, with the context around them; those that touch are one piece.
    let changed = lines.iter().enumerate().filter(|(_, line)| **line != Line::Both).map(|(at, _)| at);
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    for at in changed {
        let (from, to) = (at.saturating_sub(CONTEXT), (at + 1 + CONTEXT).min(lines.len()));
        match pieces.last_mut().filter(|last| from <= last.1) {
            Some(last) => last.1 = to,
            None => pieces.push((from, to)),
        }
    }
    let (mut at, mut i, mut j) = (0, 0, 0);
    for (from, to) in pieces {
        // Between pieces both forms have the same lines.
        (i, j) = (i + from - at, j + from - at);
        let piece = lines.get(from..to).unwrap_or_default();
        let count = |side: Line| piece.iter().filter(|line| **line == Line::Both || **line == side).count();
        let range = |start: usize, count: usize| match count {
            0 => format!("{start},0"),
            1 => format!("{}", start + 1),
            count => format!("{},{count}", start + 1),
        };
        let _ = writeln!(text, "@@ -{} +{} @@", range(i, count(Line::Before)), range(j, count(Line::After)));
        for line in piece {
            let (sign, content) = match line {
                Line::Both => (' ', a.get(i)),
                Line::Before => ('-', a.get(i)),
                Line::After => ('+', b.get(j)),
            };
            let _ = writeln!(text, "{sign}{}", content.copied().unwrap_or_default());
            i += usize::from(*line != Line::After);
            j += usize::from(*line != Line::Before);
        }
        at = to;
    }
    Ok(())
}

/// The shortest way from one form to the other (Myers, 1986), and differences as late as they can be.
fn compared(a: &[&str], b: &[&str]) -> Result<Vec<Line>, String> {
    let start = a.iter().zip(b).take_while(|(one, other)| one == other).count();
    let rest = a.len().min(b.len()) - start;
    let end = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(one, other)| one == other).count();
    let mut lines = vec![Line::Both; start];
    let [x, y] = [a, b].map(|side| side.get(start..side.len() - end).unwrap_or_default());
    lines.extend(shortest(x, y)?);
    lines.extend(std::iter::repeat_n(Line::Both, end));
    settle(&mut lines, a, b);
    Ok(lines)
}

fn shortest(a: &[&str], b: &[&str]) -> Result<Vec<Line>, String> {
    let most = (a.len() + b.len()).min(DIFFERENCES_MAX);
    let middle = most + 1;
    let mut furthest = vec![0usize; 2 * most + 3];
    let mut trace: Vec<Vec<usize>> = Vec::new();
    for d in 0..=most {
        // Only the part that the way back looks at.
        trace.push(furthest.get(middle - d - 1..=middle + d + 1).unwrap_or_default().to_vec());
        for step in 0..=d {
            // The diagonal is k = 2 * step - d; its place is middle + k.
            let place = middle + 2 * step - d;
            let (less, more) = (value(&furthest, place - 1), value(&furthest, place + 1));
            let mut x = if step == 0 || (step != d && less < more) { more } else { less + 1 };
            let mut y = x + middle - place;
            while x < a.len() && y < b.len() && a.get(x) == b.get(y) {
                (x, y) = (x + 1, y + 1);
            }
            if let Some(slot) = furthest.get_mut(place) {
                *slot = x;
            }
            if x >= a.len() && y >= b.len() {
                return Ok(way(a.len(), b.len(), &trace));
            }
        }
    }
    Err(format!("more than {DIFFERENCES_MAX} lines differ"))
}

fn value(values: &[usize], at: usize) -> usize {
    values.get(at).copied().unwrap_or_default()
}

/// The way back from the end.
fn way(mut x: usize, mut y: usize, trace: &[Vec<usize>]) -> Vec<Line> {
    let mut lines = Vec::new();
    for (d, furthest) in trace.iter().enumerate().rev() {
        if d == 0 {
            lines.extend(std::iter::repeat_n(Line::Both, x));
            break;
        }
        // The middle of this part is the diagonal 0.
        let middle = d + 1;
        let place = middle + x - y;
        let (less, more) = (value(furthest, place - 1), value(furthest, place + 1));
        let down = place + d == middle || (place != middle + d && less < more);
        let (from_x, from_place) = if down { (more, place + 1) } else { (less, place - 1) };
        let from_y = from_x + middle - from_place;
        while x > from_x && y > from_y {
            lines.push(Line::Both);
            (x, y) = (x - 1, y - 1);
        }
        lines.push(if down { Line::After } else { Line::Before });
        (x, y) = (from_x, from_y);
    }
    lines.reverse();
    lines
}

/// Moves each run of lines that only one form has down, as far as the lines behind it are the same as its first ones.
fn settle(lines: &mut [Line], a: &[&str], b: &[&str]) {
    for (side, own) in [(Line::Before, a), (Line::After, b)] {
        let (mut at, mut place) = (0, 0);
        while let Some(line) = lines.get(at).copied() {
            if line != side {
                place += usize::from(line == Line::Both);
                at += 1;
                continue;
            }
            let mut end = at;
            while lines.get(end) == Some(&side) {
                end += 1;
            }
            let mut last = place + (end - at);
            while lines.get(end) == Some(&Line::Both) && own.get(place) == own.get(last) {
                lines.swap(at, end);
                (at, end, place, last) = (at + 1, end + 1, place + 1, last + 1);
                // It may have met another run.
                while lines.get(end) == Some(&side) {
                    (end, last) = (end + 1, last + 1);
                }
            }
            (at, place) = (end, last);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn diff(a: &str, b: &str) -> String {
        let lines = |text: &str| text.split_whitespace().map(|word| format!("{word}\n")).collect::<String>();
        let mut text = String::new();
        unified(&lines(a), &lines(b), &mut text).unwrap();
        text.replace('\n', "/")
    }

    #[test]
    fn pieces() {
        for (a, b, text) in [
            ("", "a b", "@@ -0,0 +1,2 @@/+a/+b/"),
            ("a", "", "@@ -1 +0,0 @@/-a/"),
            ("a b c", "a x c", "@@ -1,3 +1,3 @@/ a/-b/+x/ c/"),
            ("1 2 3 4 5 6 7 8 9", "1 2 3 4 x 6 7 8 9", "@@ -2,7 +2,7 @@/ 2/ 3/ 4/-5/+x/ 6/ 7/ 8/"),
            (
                "1 2 3 4 5 6 7 8 9 0",
                "x 2 3 4 5 6 7 8 9 y",
                "@@ -1,4 +1,4 @@/-1/+x/ 2/ 3/ 4/@@ -7,4 +7,4 @@/ 7/ 8/ 9/-0/+y/",
            ),
            ("a b a b", "a b a b a b", "@@ -2,3 +2,5 @@/ b/ a/ b/+a/+b/"),
            ("x a y a z", "x a z", "@@ -1,5 +1,3 @@/ x/ a/-y/-a/ z/"),
        ] {
            assert_eq!(diff(a, b), text, "{a:?} {b:?}");
        }
    }

    #[test]
    fn any_two_texts() {
        let mut state = 7u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        for _ in 0..2000 {
            let mut words = || (0..random(9)).map(|_| ["a", "b", "c"][random(3) as usize]).collect::<Vec<_>>();
            let (a, b) = (words(), words());
            let lines = compared(&a, &b).unwrap();
            let (mut i, mut j, mut differ) = (0, 0, 0);
            for line in &lines {
                match line {
                    Line::Both => {
                        assert_eq!(a[i], b[j], "{a:?} {b:?}");
                        (i, j) = (i + 1, j + 1);
                    }
                    Line::Before => (i, differ) = (i + 1, differ + 1),
                    Line::After => (j, differ) = (j + 1, differ + 1),
                }
            }
            assert_eq!((i, j), (a.len(), b.len()), "{a:?} {b:?}");
            // The longest common part, in the plainest way.
            let mut longest = vec![vec![0; b.len() + 1]; a.len() + 1];
            for (i, one) in a.iter().enumerate() {
                for (j, other) in b.iter().enumerate() {
                    longest[i + 1][j + 1] =
                        if one == other { longest[i][j] + 1 } else { longest[i][j + 1].max(longest[i + 1][j]) };
                }
            }
            assert_eq!(differ, a.len() + b.len() - 2 * longest[a.len()][b.len()], "{a:?} {b:?}");
        }
    }

    #[test]
    fn limits_and_secrets() {
        let numbers = |from: usize| (from..from + DIFFERENCES_MAX).map(|n| format!("{n}\n")).collect::<String>();
        let mut text = String::new();
        assert!(unified(&numbers(0), &numbers(10_000), &mut text).unwrap_err().contains("lines differ"));
        let secret = |data: Value| json!({"apiVersion": "v1", "kind": "Secret", "data": data});
        let mut differences = Differences::default();
        let (before, after) = (secret(json!({"a": "aA==", "b": "aB=="})), secret(json!({"a": "aC==", "c": "aD=="})));
        differences.add("s", Some(&before), Some(&after));
        differences.add("new", None, Some(&after));
        let text = differences.text().unwrap().unwrap();
        assert!(text.contains("-  a: '*** (before)'\n") && text.contains("+  c: '***'\n"), "{text}");
        assert!(!text.contains("=="), "{text}");
    }
}
