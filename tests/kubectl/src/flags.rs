//! Flags in the forms of kubectl's parser: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`, joined
//! short switches (`-Aw`), anywhere among the words before `--`.

use std::collections::BTreeMap;
use std::time::Duration;

/// One flag of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    name: &'static str,
    short: Option<char>,
    takes: Takes,
    help: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// `--name`, `--name=false`.
    Nothing,
    /// `--name x`; the name of the value in the help.
    Value(&'static str),
    /// `--name=x`, or `--name` for this value.
    Perhaps(&'static str),
}

impl Flag {
    /// A switch.
    pub(super) const fn switch(name: &'static str, help: &'static str) -> Self {
        Self { name, short: None, takes: Takes::Nothing, help }
    }

    /// A flag with a value.
    pub(super) const fn value(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self { name, short: None, takes: Takes::Value(value), help }
    }

    /// A flag with an optional value.
    pub(super) const fn perhaps(name: &'static str, without: &'static str, help: &'static str) -> Self {
        Self { name, short: None, takes: Takes::Perhaps(without), help }
    }

    /// The same, with a short name.
    pub(super) const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    /// Its lines of a help text.
    pub(super) fn usage(&self) -> String {
        let short = self.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
        let value = match self.takes {
            Takes::Nothing => String::new(),
            Takes::Value(value) => format!("={value}"),
            Takes::Perhaps(value) => format!("[={value}]"),
        };
        format!("  {short}--{}{value}\n        {}\n", self.name, self.help)
    }
}

/// The flags of one command line, with the values of each in order; and how many words stand before `--`.
#[derive(Clone, Default)]
pub(super) struct Flags(BTreeMap<&'static str, Vec<String>>, Option<usize>);

impl Flags {
    /// Splits a command line into flags and words.
    pub(super) fn split(known: &[&[Flag]], args: &[String]) -> Result<(Self, Vec<String>), String> {
        let (mut flags, mut words) = (Self::default(), Vec::new());
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if arg == "--" {
                flags.1 = Some(words.len());
                words.extend(args.cloned());
                break;
            }
            if let Some(long) = arg.strip_prefix("--") {
                let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                let flag = find(known, |flag| flag.name == name).ok_or_else(|| format!("unknown flag: --{name}"))?;
                let value = match (flag.takes, value) {
                    (_, Some(value)) => value.to_owned(),
                    (Takes::Nothing, None) => "true".to_owned(),
                    (Takes::Perhaps(without), None) => without.to_owned(),
                    (Takes::Value(_), None) => {
                        args.next().ok_or_else(|| format!("flag needs an argument: --{name}"))?.clone()
                    }
                };
                flags.add(flag, value)?;
            } else if let Some(shorts) = arg.strip_prefix('-').filter(|shorts| !shorts.is_empty()) {
                let mut rest = shorts.chars();
                while let Some(short) = rest.next() {
                    let flag = find(known, |flag| flag.short == Some(short))
                        .ok_or_else(|| format!("unknown shorthand flag: '{short}' in -{shorts}"))?;
                    let after = rest.as_str();
                    let value = match (flag.takes, after.strip_prefix('=')) {
                        (_, Some(value)) => value.to_owned(),
                        (Takes::Nothing, None) => {
                            flags.add(flag, "true".to_owned())?;
                            continue;
                        }
                        (Takes::Perhaps(without), None) if after.is_empty() => without.to_owned(),
                        (_, None) if !after.is_empty() => after.to_owned(),
                        (_, None) => args
                            .next()
                            .ok_or_else(|| format!("flag needs an argument: '{short}' in -{shorts}"))?
                            .clone(),
                    };
                    flags.add(flag, value)?;
                    break;
                }
            } else {
                words.push(arg.clone());
            }
        }
        Ok((flags, words))
    }

    fn add(&mut self, flag: Flag, value: String) -> Result<(), String> {
        if flag.takes == Takes::Nothing && boolean(&value).is_none() {
            return Err(format!("invalid argument {value:?} for \"--{}\" flag: it is not true or false", flag.name));
        }
        self.0.entry(flag.name).or_default().push(value);
        Ok(())
    }

    /// The number of words before `--`, if the command line has it.
    pub(super) fn words_before_dashes(&self) -> Option<usize> {
        self.1
    }

    /// Whether the flag is given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The value of a switch; `None` if it is not given.
    pub(super) fn switch(&self, name: &str) -> Option<bool> {
        self.text(name).and_then(boolean)
    }

    /// The value of a switch; off by default.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.switch(name).unwrap_or_default()
    }

    /// The last value.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.last().map(String::as_str)
    }

    /// The last value, if it is not empty.
    pub(super) fn some_text(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// All values.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// All values, split at commas.
    pub(super) fn items(&self, name: &str) -> Vec<String> {
        let values = self.0.get(name).into_iter().flatten();
        values.flat_map(|value| value.split(',')).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// The last value, as a number.
    pub(super) fn number<N: std::str::FromStr>(&self, name: &str) -> Result<Option<N>, String> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("invalid argument {text:?} for \"--{name}\" flag: no such number"))
    }

    /// The last value, as a duration: `90s`, `1h30m`; plain seconds too.
    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, String> {
        let Some(text) = self.text(name) else { return Ok(None) };
        kube_proto::config::parse_timeout(text)
            .map_err(|_| format!("invalid argument {text:?} for \"--{name}\" flag: no such duration (90s, 1h30m)"))
    }
}

impl std::fmt::Debug for Flags {
    /// Omits the values, which may contain a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn find(known: &[&[Flag]], is: impl Fn(&Flag) -> bool) -> Option<Flag> {
    known.iter().flat_map(|flags| flags.iter()).copied().find(is)
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLOBAL: &[Flag] = &[Flag::value("namespace", "''", "").short('n')];
    const GET: &[Flag] = &[
        Flag::switch("watch", "").short('w'),
        Flag::switch("all-namespaces", "").short('A'),
        Flag::value("output", "''", "").short('o'),
        Flag::perhaps("cascade", "background", ""),
    ];

    fn split(args: &[&str]) -> Result<(Flags, Vec<String>), String> {
        Flags::split(&[GLOBAL, GET], &args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn all_ways_to_write_a_flag() {
        for (args, flags, words) in [
            (&["pods", "--output", "wide", "-n", "a"][..], "namespace=a output=wide", "pods"),
            (&["--output=wide", "pods", "-na", "x"], "namespace=a output=wide", "pods x"),
            (&["-n=a", "-Aw", "-owide"], "all-namespaces=true namespace=a output=wide watch=true", ""),
            (&["-Awoname"], "all-namespaces=true output=name watch=true", ""),
            (&["--watch=false", "--cascade", "x"], "cascade=background watch=false", "x"),
            (&["--cascade=orphan", "-", "--", "-w"], "cascade=orphan", "- -w"),
            (&["--output=", "-o", "name"], "output=,name", ""),
        ] {
            let (found, rest) = split(args).unwrap();
            let found: Vec<String> =
                found.0.iter().map(|(name, values)| format!("{name}={}", values.join(","))).collect();
            assert_eq!((found.join(" ").as_str(), rest.join(" ").as_str()), (flags, words), "{args:?}");
        }
    }

    #[test]
    fn wrong_flags() {
        for (args, text) in [
            (&["--nope"][..], "unknown flag: --nope"),
            (&["-Ax"], "unknown shorthand flag: 'x' in -Ax"),
            (&["--output"], "flag needs an argument: --output"),
            (&["-wo"], "flag needs an argument: 'o' in -wo"),
            (&["--watch=maybe"], "invalid argument \"maybe\" for \"--watch\" flag: it is not true or false"),
        ] {
            assert_eq!(split(args).unwrap_err(), text);
        }
    }

    #[test]
    fn values() {
        let (flags, _) = split(&["-o", "a,b", "--output=c", "-n", "12", "--watch=0"]).unwrap();
        assert_eq!(flags.text("output"), Some("c"));
        assert_eq!(flags.items("output"), ["a", "b", "c"]);
        assert_eq!(flags.texts("output"), ["a,b", "c"]);
        assert_eq!(flags.number::<u8>("namespace"), Ok(Some(12)));
        assert_eq!(flags.duration("namespace"), Ok(Some(Duration::from_secs(12))));
        assert!(flags.number::<u8>("output").is_err() && flags.duration("output").is_err());
        assert_eq!(
            (flags.switch("watch"), flags.is_on("watch"), flags.switch("all-namespaces")),
            (Some(false), false, None)
        );
    }
}
