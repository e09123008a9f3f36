//! The world of a simulated day: the API server, what it accepts, and time. `sources` has the sources of credentials.

use kube_proto::driver::Moment;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use kube_proto::config::Secret;
use kube_proto::driver::Random;
use kube_proto::driver::{Exchange, ExchangeKind, Fault, FaultKind, Input, Now, Reach};

use super::client::kubeconfig;
use super::sources::HOME;
use crate::credentials::POD;
use crate::issuers::NOW;
use crate::script::{answer, data, head, secs, status};

pub const DAY: Duration = Duration::from_secs(86_400);

/// The source of the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// A plugin's tokens.
    Exec,
    /// An issuer's tokens.
    Oidc,
    /// A token file.
    File,
    /// No credential; the server's authority is in a file.
    Authority,
    /// Authority, certificate and key are in files.
    Pair,
    /// A plugin's certificates.
    ExecCertificate,
    /// In a pod: token and authority are in files.
    InCluster,
    /// The API server's tokens for a service account, requested with a plugin's token.
    Minted,
    /// The same, requested in a pod.
    MintedInCluster,
    /// The same, requested with a certificate in files.
    MintedByPair,
    /// The same, requested with a plugin's certificate.
    MintedByCertificate,
}

/// The parts of a credential that are fetched separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The files or certificates for TLS.
    Material,
    /// The credential that requests another one.
    Base,
    Credential,
}

impl Login {
    pub const ALL: [Self; 11] = [
        Self::Exec,
        Self::Oidc,
        Self::File,
        Self::Authority,
        Self::Pair,
        Self::ExecCertificate,
        Self::InCluster,
        Self::Minted,
        Self::MintedInCluster,
        Self::MintedByPair,
        Self::MintedByCertificate,
    ];

    pub fn parts(self) -> &'static [Part] {
        match self {
            Self::Exec | Self::Oidc | Self::File | Self::ExecCertificate => &[Part::Credential],
            Self::Authority | Self::Pair => &[Part::Material],
            Self::InCluster => &[Part::Material, Part::Credential],
            Self::MintedByPair => &[Part::Material, Part::Credential],
            Self::Minted | Self::MintedByCertificate => &[Part::Base, Part::Credential],
            Self::MintedInCluster => &[Part::Material, Part::Base, Part::Credential],
        }
    }

    pub fn is_minted(self) -> bool {
        use Login::{Minted, MintedByCertificate, MintedByPair, MintedInCluster};
        matches!(self, Minted | MintedInCluster | MintedByPair | MintedByCertificate)
    }

    pub fn has_pair(self) -> bool {
        matches!(self, Self::Pair | Self::MintedByPair)
    }

    /// The plugin gives certificates.
    pub fn runs_for_certificates(self) -> bool {
        matches!(self, Self::ExecCertificate | Self::MintedByCertificate)
    }

    /// The part that the token in the file belongs to.
    pub fn token_file(self) -> Option<Part> {
        match self {
            Self::File | Self::InCluster => Some(Part::Credential),
            Self::MintedInCluster => Some(Part::Base),
            _ => None,
        }
    }

    pub fn has_authority_file(self) -> bool {
        self.has_pair() || matches!(self, Self::Authority | Self::InCluster | Self::MintedInCluster)
    }

    /// Calls present a certificate, and not only token requests.
    fn is_certificate(self) -> bool {
        matches!(self, Self::Pair | Self::ExecCertificate)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Well,
    Fails,
    Garbage,
    Hangs,
    EndsAtOnce,
}

#[derive(Clone, Copy, Debug)]
pub enum Event {
    Burst(usize),
    Mood(Mood, Part),
    Skew(i64),
    Revoke(Part),
}

pub struct Chance(Random);

impl Chance {
    pub fn draw(&mut self) -> u64 {
        self.0.draw()
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.draw() % n
    }

    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    pub fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

/// The inputs that will arrive, and when.
pub type Flight = VecDeque<(Duration, Input)>;

/// The material of a connection: authority, certificate, key.
type Material = [String; 3];

pub struct World {
    pub seed: u64,
    pub login: Login,
    pub chance: Chance,
    /// The true time since the beginning.
    pub mono: Duration,
    /// The error of the local clock, in seconds.
    skew: i64,
    mood: (Mood, Part),
    /// The plugin's credentials have no end that it reports.
    pub timeless: bool,
    /// A bad certificate ends the handshake. Otherwise the server treats the client as anonymous.
    strict: bool,
    /// Sometimes there are fewer permits than calls.
    pub crowded: bool,
    /// The last time when a source did not work well, or when a credential was revoked just after it was given.
    pub trouble: Option<Duration>,
    /// The time of the last revocation.
    revoked: Option<Duration>,
    pub minted: u64,
    /// The end of each valid credential, in true time.
    pub good: BTreeMap<String, Duration>,
    /// The lifetime of each credential when it was given.
    pub lives: BTreeMap<String, Duration>,
    pub given: BTreeMap<Part, Duration>,
    pub files: BTreeMap<&'static str, Bytes>,
    /// A file that is written a little later.
    pub pending: Option<(Duration, &'static str, Bytes)>,
    /// The certificate that was read last.
    pub read: Bytes,
    pub began: BTreeMap<Part, Vec<Duration>>,
    identities: BTreeMap<u64, Material>,
    trace: VecDeque<String>,
    /// The number of calls that worked, failed, and were given up.
    pub calls: [u64; 3],
    /// The number of streams that came to their end.
    pub streams: u64,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let kinds = Login::ALL.len() as u64;
        let mut world = Self {
            seed,
            login: Login::ALL[usize::try_from(seed % kinds).unwrap()],
            chance: Chance(Random::new(seed ^ 0x5eed)),
            mono: secs(100),
            skew: 0,
            mood: (Mood::Well, Part::Credential),
            timeless: seed / kinds % 3 == 1,
            strict: seed / kinds % 2 == 1,
            crowded: seed / kinds % 3 == 2,
            trouble: None,
            revoked: None,
            minted: 0,
            good: BTreeMap::new(),
            lives: BTreeMap::new(),
            given: BTreeMap::new(),
            files: [(HOME, kubeconfig("refresh-s3cr3t-0").to_string().into())].into(),
            pending: None,
            read: Bytes::new(),
            began: BTreeMap::new(),
            identities: BTreeMap::new(),
            trace: VecDeque::new(),
            calls: [0; 3],
            streams: 0,
        };
        if world.login.has_authority_file() {
            world.renew_authority();
        }
        if world.login.has_pair() {
            world.renew_pair(Duration::ZERO);
        }
        if world.login.token_file().is_some() {
            world.renew_token();
        }
        world
    }

    pub fn now(&self) -> Now {
        let unix = i64::try_from(NOW + self.mono.as_secs()).unwrap() + self.skew;
        Now { mono: Moment::after_zero(self.mono), unix: secs(u64::try_from(unix).unwrap()) }
    }

    pub fn note(&mut self, text: &str) {
        assert!(!text.contains("s3cr3t"), "seed {}: a secret is printed: {text}", self.seed);
        if self.trace.len() == 60 {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{:>9.3} {text}", self.mono.as_secs_f64()));
    }

    pub fn fail(&self, what: &str) -> ! {
        let trace: Vec<_> = self.trace.iter().map(String::as_str).collect();
        panic!("seed {} ({:?}): {what}\n{}", self.seed, self.login, trace.join("\n"));
    }

    pub fn mood(&self, part: Part) -> Mood {
        if self.mood.1 == part { self.mood.0 } else { Mood::Well }
    }

    pub fn is_good(&self, text: &str) -> bool {
        self.good.get(text).is_some_and(|end| self.mono < *end)
    }

    pub fn happens(&mut self, event: Event) {
        self.note(&format!("{event:?}"));
        match event {
            Event::Burst(_) => {}
            Event::Mood(mood, part) => self.mood = (mood, part),
            Event::Skew(skew) => self.skew = skew,
            Event::Revoke(part) => self.revoke(part),
        }
        self.observe();
    }

    fn revoke(&mut self, part: Part) {
        self.revoked = Some(self.mono);
        // A new credential is not fetched again at once; a file may be read again.
        if self.given.get(&part).is_some_and(|at| *at + secs(20) > self.mono) || self.pending.is_some() {
            self.trouble = Some(self.mono);
        }
        let file = self.login.token_file() == Some(part);
        match part {
            Part::Material if self.login.has_pair() && self.chance.below(2) == 0 => {
                self.good.retain(|text, _| !text.starts_with("cert-"));
                self.renew_pair(Duration::ZERO);
            }
            Part::Material => {
                self.good.retain(|text, _| !text.starts_with("ca-"));
                self.renew_authority();
            }
            Part::Base => self.good.retain(|text, _| ["ca-", "sa-"].iter().any(|kind| text.starts_with(kind))),
            Part::Credential if self.login.is_minted() => self.good.retain(|text, _| !text.starts_with("sa-")),
            Part::Credential => self.good.retain(|text, _| text.starts_with("ca-")),
        }
        if file {
            self.renew_token();
        }
    }

    /// Follows the passing of time.
    pub fn observe(&mut self) {
        if self.mood.0 != Mood::Well {
            self.trouble = Some(self.mono);
        }
        if let Some((at, path, content)) = self.pending.take() {
            if at <= self.mono {
                self.files.insert(path, content);
            } else {
                self.pending = Some((at, path, content));
            }
        }
        // Files are renewed in time.
        let ends = |world: &Self, prefix: &str| {
            let soon = world.mono + secs(600);
            world.good.iter().filter(|(text, _)| text.starts_with(prefix)).all(|(_, end)| *end < soon)
        };
        if self.login.token_file().is_some() && ends(self, "s3cr3t-") {
            self.renew_token();
        }
        if self.login.has_pair() && self.pending.is_none() && ends(self, "cert-") {
            // A half-written pair is useless, unless the client has read everything that was there before.
            let spare = self.good.iter().any(|(text, end)| self.read == text && *end > self.mono + secs(300));
            let calm = spare && self.revoked.is_none_or(|at| at + secs(300) < self.mono);
            let between = if calm { self.chance.millis(0, 100_000) } else { Duration::ZERO };
            self.renew_pair(between);
        }
    }

    /// The API server.
    pub fn serve(&mut self, exchange: &Exchange) -> Flight {
        self.check_identity(exchange);
        if let Err(kind) = self.shake_hands(exchange) {
            let [ca, certificate, key] = material(exchange);
            let shown = format!("{ca} {certificate} {key}").replace("s3cr3t", "");
            self.note(&format!("{kind:?} with {:?}: {shown}", exchange.to));
            let fault = Fault { kind, reach: Reach::NotSent, stale: false, text: "no TLS".into() };
            return self.soon(Input::Failed(Box::new(fault)));
        }
        if !exchange.fresh && self.chance.below(100) == 0 {
            let fault = Fault { kind: FaultKind::Closed, reach: Reach::Unknown, stale: true, text: "dead".into() };
            return self.soon(Input::Failed(Box::new(fault)));
        }
        let minting = exchange.request.method() == "POST";
        let header = exchange.request.headers().get("authorization").map(|value| value.to_str().unwrap());
        let token = header.unwrap_or_default().trim_start_matches("Bearer ").to_owned();
        let [_, certificate, _] = material(exchange);
        if self.login.is_minted() {
            let other = if minting { token.starts_with("sa-") } else { !token.starts_with("sa-") };
            if other || (!minting && !certificate.is_empty()) {
                self.fail(&format!("{} gets the other credential", exchange.request.uri()));
            }
        }
        let known = match (self.login, minting) {
            (Login::Authority, _) => true,
            (login, _) if login.is_certificate() => self.is_good(&certificate),
            (Login::MintedByPair | Login::MintedByCertificate, true) => self.is_good(&certificate),
            _ => self.is_good(&token),
        };
        if minting {
            return self.give_token(known);
        }
        // A token request tells the lifetime in seconds, so that the client knows the end without a clock.
        let over = self.login.is_minted() && self.good.contains_key(&token) && !known;
        if over && self.lives.get(&token).is_some_and(|life| *life > secs(10)) {
            self.fail("a token is sent that is known to have expired");
        }
        if !known {
            return self.after(5, 300, answer(401, &status(401, "Unauthorized", "Unauthorized")));
        }
        if exchange.kind == ExchangeKind::Call {
            return self.after(5, 300, answer(200, POD));
        }
        let mut at = self.mono + self.chance.millis(5, 300);
        let mut flight = Flight::from([(at, head(200, &[("content-type", "application/json")]))]);
        for _ in 0..1 + self.chance.below(30) {
            at += self.chance.millis(1, 600_000);
            flight.push_back((at, data(&format!("{{\"type\":\"MODIFIED\",\"object\":{POD}}}\n"))));
        }
        flight.push_back((at, Input::End));
        flight
    }

    /// The material of a connection never changes under its name, and a new name means that something is new.
    fn check_identity(&mut self, exchange: &Exchange) {
        let id = exchange.to.tls().unwrap().id;
        let shown = material(exchange);
        match self.identities.get(&id) {
            Some(known) if *known == shown => {}
            Some(_) => self.fail("connections of another certificate are used"),
            None => {
                let newest = self.identities.iter().next_back();
                if newest.is_some_and(|(newest, known)| *newest < id && *known == shown) {
                    self.fail("new connections, although nothing is new");
                }
                self.identities.insert(id, shown);
            }
        }
    }

    fn shake_hands(&self, exchange: &Exchange) -> Result<(), FaultKind> {
        let [ca, certificate, key] = material(exchange);
        if self.login.has_authority_file() {
            if !ca.starts_with("ca-") {
                return Err(FaultKind::TlsSettings);
            }
            if !self.is_good(&ca) {
                return Err(FaultKind::Tls);
            }
        }
        if !certificate.is_empty() {
            let number = |text: &str| text.rsplit('-').next().and_then(|number| number.parse::<u64>().ok());
            if !certificate.starts_with("cert-") || number(&certificate) != number(&key) {
                return Err(FaultKind::TlsSettings);
            }
            if self.strict && !self.is_good(&certificate) {
                return Err(FaultKind::Tls);
            }
        }
        Ok(())
    }

    pub fn soon(&mut self, input: Input) -> Flight {
        let at = self.mono + self.chance.millis(1, 50);
        [(at, input)].into()
    }

    pub fn after(&mut self, from: u64, to: u64, inputs: impl IntoIterator<Item = Input>) -> Flight {
        let at = self.mono + self.chance.millis(from, to);
        inputs.into_iter().map(|input| (at, input)).collect()
    }
}

fn material(exchange: &Exchange) -> Material {
    let settings = &exchange.to.tls().unwrap().settings;
    let text = |bytes: &Option<Bytes>| {
        let bytes = bytes.as_deref().unwrap_or_default();
        String::from_utf8_lossy(bytes).trim().to_owned()
    };
    let key = settings.client_key.as_ref().map(Secret::expose).unwrap_or_default();
    [text(&settings.ca), text(&settings.client_certificate), key.trim().to_owned()]
}
