//! A writer that keeps changing config maps.

use std::time::Duration;

use super::Sim;
use super::dice::Dice;
use kube_proto::driver::Moment;

/// Creates, changes, deletes and recreates config maps, sometimes many at once.
#[derive(Clone, Debug)]
pub struct Writer {
    /// The namespaces that it writes to.
    pub namespaces: Vec<&'static str>,
    /// The number of names in each.
    pub names: u64,
    /// The values of the label `app`.
    pub apps: Vec<&'static str>,
    /// The longest time between two moments of writing.
    pub every: Duration,
    /// How long it writes.
    pub lasts: Duration,
}

/// One write.
#[derive(Clone, Debug)]
pub struct Written {
    /// The namespace of the object.
    pub namespace: &'static str,
    /// Its name.
    pub name: String,
    /// The version of the change.
    pub version: u64,
    /// It was deleted.
    pub deleted: bool,
}

impl Default for Writer {
    fn default() -> Self {
        let (every, lasts) = (Duration::from_secs(20), Duration::from_secs(600));
        Self { namespaces: vec!["default", "kube-system"], names: 8, apps: vec!["web", "db"], every, lasts }
    }
}

impl Writer {
    /// Begins with some objects, and writes for its time. `told` gets each write.
    pub fn start(self, sim: &mut Sim, mut told: impl FnMut(Written, &mut Sim) + 'static) {
        let mut dice = sim.dice(1);
        let until = sim.now().mono.after(self.lasts);
        for _ in 0..dice.below(2 * self.names + 1) {
            self.write(sim, &mut dice, &mut told);
        }
        self.next(sim, dice, until, told);
    }

    fn next(self, sim: &mut Sim, mut dice: Dice, until: Moment, mut told: impl FnMut(Written, &mut Sim) + 'static) {
        let pause = dice.span(self.every);
        if sim.now().mono.after(pause) >= until {
            return;
        }
        sim.after(pause, move |sim| {
            let burst = if dice.chance(100) { 2 * self.names } else { 3 };
            for _ in 0..=dice.below(burst) {
                self.write(sim, &mut dice, &mut told);
            }
            self.next(sim, dice, until, told);
        });
    }

    fn write(&self, sim: &mut Sim, dice: &mut Dice, told: &mut impl FnMut(Written, &mut Sim)) {
        let Some(namespace) = dice.pick_of(&self.namespaces).copied() else { return };
        let name = format!("{}-{}", dice.pick(["a", "long-name", "x.y"]), dice.below(self.names));
        let (deletes, puts) = match dice.below(20) {
            0..12 => (false, true),
            12..17 => (true, false),
            _ => (true, true),
        };
        if deletes && let Some(version) = sim.delete(namespace, &name) {
            told(Written { namespace, name: name.clone(), version, deleted: true }, sim);
        }
        if puts {
            let app = dice.pick_of(&self.apps).copied().unwrap_or_default();
            let strange = if dice.chance(sim.current_faults().undecodable) { ",\"undecodable\":\"y\"" } else { "" };
            let more = if dice.chance(10) { "x".repeat(3000) } else { String::new() };
            let data = format!("{{\"n\":\"{}\"{strange},\"text\":\"é {more}\"}}", dice.below(1000));
            let version = sim.put(namespace, &name, app, &data);
            told(Written { namespace, name, version, deleted: false }, sim);
        }
    }
}
