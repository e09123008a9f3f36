//! The sources of credentials of a simulated day: files, a plugin, an issuer, the API server.

use std::time::Duration;

use bytes::Bytes;
use kube_proto::driver::{Effect, Exchange, Fault, FaultKind, Input, ProcessOutput};
use serde_json::json;

use super::world::{DAY, Flight, Login, Mood, Part, World};
use crate::issuers::{NOW, id_token};
use crate::script::{answer, secs, status};

pub const HOME: &str = "/home/me/.kube/config";
pub const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
pub const CA: &str = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
pub const CERTIFICATE: &str = "/pki/client.crt";
pub const KEY: &str = "/pki/client.key";

/// The answer to an effect.
pub struct Answer {
    pub flight: Flight,
    /// It is a step of fetching this part.
    pub part: Option<Part>,
    /// It is the first step.
    pub begins: bool,
}

impl World {
    pub fn answer(&mut self, effect: &Effect) -> Answer {
        let (flight, part, begins) = match effect {
            Effect::Abort => (Flight::new(), None, false),
            Effect::Exchange(exchange) if exchange.to.host() == "k.test" => {
                let minting = exchange.request.method() == "POST";
                (self.serve(exchange), minting.then_some(Part::Credential), minting)
            }
            Effect::Exchange(exchange) => {
                let last = exchange.request.method() == "POST";
                (self.issue(exchange), last.then_some(Part::Credential), last)
            }
            Effect::Run(_) => {
                let part = if self.login.is_minted() { Part::Base } else { Part::Credential };
                (self.run(part), Some(part), true)
            }
            Effect::ReadFile { path, .. } => {
                let path = path.to_str().unwrap();
                let part = match path {
                    HOME => None,
                    TOKEN => self.login.token_file(),
                    _ => Some(Part::Material),
                };
                (self.read(path, part), part, matches!(path, TOKEN | CA))
            }
            Effect::WriteFile(write) => {
                let input = if self.chance.below(4) == 0 {
                    failed(self.chance.of(&[FaultKind::Locked, FaultKind::Io]))
                } else {
                    write.compare(Ok(self.files[HOME].clone())).unwrap_or_else(|| {
                        self.files.insert(HOME, write.content.clone());
                        Input::Written
                    })
                };
                (self.soon(input), None, false)
            }
        };
        Answer { flight, part, begins }
    }

    /// A new text of this kind with this lifetime.
    fn mint(&mut self, what: &str, life: Duration) -> String {
        self.minted += 1;
        let text = match self.login {
            Login::Oidc => {
                let issued = NOW + self.mono.as_secs();
                id_token(&format!("n{}", self.minted), issued, issued + life.as_secs())
            }
            _ => format!("{what}{}", self.minted),
        };
        self.good.insert(text.clone(), self.mono + life);
        self.lives.insert(text.clone(), life);
        text
    }

    /// Sometimes a projected token ends with a newline.
    pub fn renew_token(&mut self) {
        let token = self.mint("s3cr3t-", secs(3600));
        let end = self.chance.of(&["", "\n", "\r\n", " \n\n"]);
        self.files.insert(TOKEN, format!("{token}{end}").into());
    }

    /// The authority's certificate is not secret.
    pub fn renew_authority(&mut self) {
        let authority = self.mint("ca-", DAY * 2);
        self.files.insert(CA, format!("{authority}\n").into());
    }

    /// A program cannot write two files at once: the key comes this much later.
    pub fn renew_pair(&mut self, later: Duration) {
        let certificate = self.mint("cert-", secs(3600));
        let key = Bytes::from(certificate.replace("cert-", "key-s3cr3t-"));
        self.files.insert(CERTIFICATE, certificate.into());
        if later.is_zero() {
            self.pending = None;
            self.files.insert(KEY, key);
        } else {
            self.pending = Some((self.mono + later, KEY, key));
        }
    }

    fn read(&mut self, path: &str, part: Option<Part>) -> Flight {
        let input = match part.map_or(Mood::Well, |part| self.mood(part)) {
            Mood::Fails => failed(FaultKind::NotFound),
            Mood::Garbage => Input::File(Bytes::from_static(b"\xff\xfes3cr3t")),
            Mood::EndsAtOnce => Input::File(Bytes::new()),
            Mood::Hangs => return Flight::new(),
            Mood::Well => {
                let content = self.files[path].clone();
                if path == CERTIFICATE && self.pending.is_none() {
                    self.read = content.clone();
                }
                Input::File(content)
            }
        };
        self.soon(input)
    }

    fn issue(&mut self, exchange: &Exchange) -> Flight {
        match self.mood(Part::Credential) {
            Mood::Hangs => return Flight::new(),
            Mood::Fails => return self.after(5, 500, answer(503, r#"{"error":"down"}"#)),
            Mood::Garbage => return self.after(5, 500, answer(200, "<html>s3cr3t")),
            Mood::Well | Mood::EndsAtOnce => {}
        }
        if exchange.request.method() == "GET" {
            return self.after(5, 500, answer(200, r#"{"token_endpoint":"https://issuer.test/token"}"#));
        }
        let life = self.life(Part::Credential);
        let token = self.give("s3cr3t-", Part::Credential, life);
        let body = format!(r#"{{"id_token":"{token}","refresh_token":"refresh-s3cr3t-{}"}}"#, self.minted);
        self.after(5, 2000, answer(200, &body))
    }

    /// The API server's `TokenRequest`.
    pub fn give_token(&mut self, known: bool) -> Flight {
        match self.mood(Part::Credential) {
            Mood::Hangs => return Flight::new(),
            Mood::Fails => return self.after(5, 500, answer(500, &status(500, "InternalError", "no etcd"))),
            Mood::Garbage => return self.after(5, 500, answer(201, "<html>s3cr3t")),
            Mood::Well | Mood::EndsAtOnce => {}
        }
        if !known {
            return self.after(5, 300, answer(401, &status(401, "Unauthorized", "Unauthorized")));
        }
        let life = self.life(Part::Credential);
        let token = self.give("sa-s3cr3t-", Part::Credential, life);
        let end = timestamp(NOW + (self.mono + life).as_secs());
        let body = json!({
            "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
            "spec": {"expirationSeconds": life.as_secs()}, "status": {"token": token, "expirationTimestamp": end},
        });
        self.after(5, 300, answer(201, &body.to_string()))
    }

    fn run(&mut self, part: Part) -> Flight {
        let output = |status, stdout: String, stderr: &'static str| {
            Input::Output(Box::new(ProcessOutput { status, stdout: stdout.into(), stderr: stderr.into() }))
        };
        match self.mood(part) {
            Mood::Hangs => return Flight::new(),
            Mood::Fails => return self.after(5, 3000, [output(1, "s3cr3t".into(), "please log in")]),
            Mood::Garbage => return self.after(5, 3000, [output(0, "s3cr3t{".into(), "")]),
            Mood::Well | Mood::EndsAtOnce => {}
        }
        let life = self.life(part);
        let mut status = if self.login.runs_for_certificates() {
            let (certificate, end) = self.certificate(part, life);
            let key = certificate.replace("cert-", "key-s3cr3t-");
            json!({
                "clientCertificateData": certificate, "clientKeyData": key,
                "expirationTimestamp": timestamp(NOW + end.as_secs()),
            })
        } else {
            let token = self.give("s3cr3t-", part, life);
            json!({"token": token, "expirationTimestamp": timestamp(NOW + (self.mono + life).as_secs())})
        };
        if self.timeless {
            status.as_object_mut().unwrap().remove("expirationTimestamp");
        }
        let credential =
            json!({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": status});
        self.after(5, 3000, [output(0, credential.to_string(), "")])
    }

    /// A plugin may give the same certificate again while it is good, and states its end.
    fn certificate(&mut self, part: Part, life: Duration) -> (String, Duration) {
        let certificates = self.good.iter().filter(|(text, _)| text.starts_with("cert-"));
        let newest = certificates.max_by_key(|(_, end)| **end).map(|(text, end)| (text.clone(), *end));
        match newest.filter(|(_, end)| *end > self.mono + secs(300)) {
            Some(newest) if self.chance.below(2) == 0 => newest,
            _ => (self.give("cert-", part, life), self.mono + life),
        }
    }

    fn give(&mut self, what: &str, part: Part, life: Duration) -> String {
        self.given.insert(part, self.mono);
        self.mint(what, life)
    }

    fn life(&mut self, part: Part) -> Duration {
        if self.mood(part) == Mood::EndsAtOnce {
            secs(self.chance.below(3))
        } else {
            secs(300 + self.chance.below(3600))
        }
    }
}

fn failed(kind: FaultKind) -> Input {
    Input::Failed(Box::new(Fault::unsent(kind, "it does not work")))
}

/// RFC 3339, from unix time.
fn timestamp(unix: u64) -> String {
    jiff::Timestamp::from_second(i64::try_from(unix).unwrap()).unwrap().to_string()
}
