//! `kube-mutants TREE SEED LEFT_OUT`: draws places and plants a mutant at each, in a copy of the sources. See `README.md`.
//!
//! TREE is rewritten. LEFT_OUT is a file that names places, one a line, whose mutants do not compile. The program prints one
//! line for each mutant, with tabs between: number, group, file, line, function, kind, change, place, and the first and the
//! last line of the function in the rewritten file.

mod places;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use places::{Constants, Function, constants, functions};

/// The sources that are mutated.
const ROOTS: [&str; 5] =
    ["kube-proto/src", "transport-std/src", "transport-std/system/src", "transport-smol/src", "transport-hyper/src"];
/// The groups of functions, each with the number of mutants that is drawn from it. The first whose folder begins a path counts.
const GROUPS: [(&str, usize, &[&str]); 2] = [
    (
        "session-config",
        50,
        &[
            "kube-proto/src/session/",
            "kube-proto/src/auth/",
            "kube-proto/src/config/",
            "kube-proto/src/kubeconfig/",
            "kube-proto/src/lease/",
        ],
    ),
    ("rest", 50, &[""]),
];
/// Every crate gets it. The variable is read once; a mutant that is met is noted once in a file of the folder KUBE_MUTANT_MET.
const SWITCH: &str = r#"//! Which mutant is on.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) fn on(number: usize) -> bool {
    static ON: OnceLock<(usize, Option<std::path::PathBuf>)> = OnceLock::new();
    static MET: [AtomicBool; 1000] = [const { AtomicBool::new(false) }; 1000];
    let (on, met) = ON.get_or_init(|| {
        let on = std::env::var("KUBE_MUTANT").ok().and_then(|number| number.parse().ok()).unwrap_or(0);
        (on, std::env::var_os("KUBE_MUTANT_MET").map(Into::into))
    });
    if let Some(met) = met
        && !MET[number].swap(true, Ordering::Relaxed)
    {
        let _ = std::fs::write(met.join(number.to_string()), "");
    }
    *on == number
}
"#;

/// SplitMix64, so that a seed draws the same places everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (2..=list.len()).rev() {
            list.swap(end - 1, self.below(end));
        }
    }
}

struct Mutant {
    number: usize,
    group: &'static str,
    function: Function,
    place: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [tree, seed, left_out] = &arguments[..] else { panic!("usage: kube-mutants TREE SEED LEFT_OUT") };
    let tree = Path::new(tree);
    let seed: u64 = seed.parse().expect("the seed is a number");
    let left_out: BTreeSet<String> =
        fs::read_to_string(left_out).unwrap_or_default().lines().map(str::to_owned).collect();

    let sources = sources(tree);
    let drawn = draw(&sources, seed, &left_out);
    let mut by_file: BTreeMap<&str, Vec<&Mutant>> = BTreeMap::new();
    for (file, mutant) in &drawn {
        by_file.entry(file).or_default().push(mutant);
    }
    for (file, mut mutants) in by_file {
        plant(tree, file, &sources[file], &mut mutants);
    }
    for root in ROOTS {
        let lib = tree.join(root).join("lib.rs");
        let source = fs::read_to_string(&lib).expect("lib.rs");
        fs::write(lib, source + "\nmod mutant;\n").expect("writing lib.rs");
        fs::write(tree.join(root).join("mutant.rs"), SWITCH).expect("writing mutant.rs");
    }
}

/// The text of every source file, by path from the tree; tests are left out.
fn sources(tree: &Path) -> BTreeMap<String, String> {
    let mut folders: Vec<PathBuf> = ROOTS.iter().map(|root| tree.join(root)).collect();
    let mut sources = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name == "tests" || name == "tests.rs" {
            } else if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                sources.insert(path.strip_prefix(tree).expect("below the tree").to_string_lossy().into_owned(), text);
            }
        }
    }
    sources
}

/// Shuffles the functions of each group, and draws one place in each until there are enough mutants.
fn draw(sources: &BTreeMap<String, String>, seed: u64, left_out: &BTreeSet<String>) -> Vec<(String, Mutant)> {
    let files: Vec<(&String, &String, syn::File)> = sources
        .iter()
        .map(|(file, text)| (file, text, syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"))))
        .collect();
    let mut known = Constants::new();
    for (_, _, parsed) in &files {
        constants(parsed, &mut known);
    }
    let mut groups: Vec<Vec<(String, Function)>> = GROUPS.iter().map(|_| Vec::new()).collect();
    for (file, text, parsed) in &files {
        let group = GROUPS.iter().position(|(_, _, folders)| folders.iter().any(|folder| file.starts_with(folder)));
        let found = functions(text, parsed, &known).into_iter().map(|function| ((*file).clone(), function));
        groups[group.expect("the last group takes all")].extend(found);
    }

    let mut chance = Chance(seed);
    let mut drawn = Vec::new();
    for ((group, enough, _), mut functions) in GROUPS.into_iter().zip(groups) {
        let places: usize = functions.iter().map(|(_, function)| function.places.len()).sum();
        eprintln!("{group}: {} functions with {places} places", functions.len());
        chance.shuffle(&mut functions);
        let mut count = 0;
        for (file, function) in functions {
            // Also drawn when it is left out, so that the other places stay the same.
            let place = chance.below(function.places.len());
            if count < enough && !left_out.contains(&id(&file, &function, place)) {
                count += 1;
                drawn.push((file, Mutant { number: drawn.len() + 1, group, function, place }));
            }
        }
    }
    drawn
}

/// Names a place: its bytes in the file, and which of the places there it is.
fn id(file: &str, function: &Function, place: usize) -> String {
    format!("{file}:{}:{place}", function.places[place].range.start)
}

/// Rewrites one file, and prints its mutants.
fn plant(tree: &Path, file: &str, source: &str, mutants: &mut [&Mutant]) {
    mutants.sort_by_key(|mutant| mutant.function.places[mutant.place].range.start);
    let line = |offset: usize| source[..offset].matches('\n').count() + 1;
    let (mut text, mut end) = (String::new(), 0);
    let mut added = 0;
    for mutant in mutants {
        let function = &mutant.function;
        let place = &function.places[mutant.place];
        let changed = place.text.replace("{on}", &format!("crate::mutant::on({})", mutant.number));
        let before = added;
        added += changed.matches('\n').count() - source[place.range.clone()].matches('\n').count();
        text.push_str(&source[end..place.range.start]);
        text.push_str(&changed);
        end = place.range.end;
        let columns = [
            mutant.number.to_string(),
            mutant.group.to_owned(),
            file.to_owned(),
            line(place.range.start).to_string(),
            function.name.clone(),
            place.kind.to_owned(),
            place.shown.replace('\t', " "),
            id(file, function, mutant.place),
            (line(function.range.start) + before).to_string(),
            (line(function.range.end) + added).to_string(),
        ];
        println!("{}", columns.join("\t"));
    }
    text.push_str(&source[end..]);
    fs::write(tree.join(file), text).expect("writing a source file");
}
