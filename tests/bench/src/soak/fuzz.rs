//! Hostile requests over HTTP: no answer is a failure of the server's, none takes long, and nothing panics.
//!
//! Requests are made from the server's own OpenAPI document, bent at random: its paths with other parts, its methods with
//! others, its fields with values of all kinds, bodies that end early or are no JSON at all, headers of any bytes, and
//! bytes that are no HTTP. The same seed makes the same requests, each worker its own.

mod chance;
mod request;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use authsome_tests::client::Client;
use authsome_tests::home::{Home, Kind};
use serde_json::Value;

use chance::Chance;
use request::{Grammar, Request};

use crate::figures::Figures;
use crate::stopwatch::Stopwatch;

const WORKERS: u32 = 4;
/// The administrator's token, which some requests carry.
const ADMINISTRATOR: &str = "token-of-the-administrator-who-is-hostile";
/// How long an answer may take at most. A sign-up costs a hash, and hashes wait for each other.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long bytes that need be no whole request wait for an answer: the server waits for their rest.
const MORE: Duration = Duration::from_millis(200);
/// How much of a body is read in any case, in bytes.
const READ: usize = 64 * 1_024;

/// What became of a worker's requests.
#[derive(Default)]
struct Outcome {
    durations: Vec<Duration>,
    /// How many were cut off without an answer: bytes that are no whole request, and bodies that nobody reads to the end.
    unanswered: u32,
    refused: u32,
    served: u32,
}

pub(super) async fn run(backend: &str, requests: u32, seed: u64) -> Result<String> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == backend);
    let kind = kind.with_context(|| format!("there is no backend {backend:?}"))?;
    // What starts servers and sends requests blocks.
    tokio::task::spawn_blocking(move || on(kind, requests, seed)).await?
}

fn on(kind: Kind, requests: u32, seed: u64) -> Result<String> {
    let home = std::thread::spawn(move || Home::new(kind)).join().map_err(|_| anyhow!("no database can be made"))?;
    let server = home.launch().variable("AUTHSOME_ADMIN_TOKEN", ADMINISTRATOR).start();
    let client = server.client();
    let document = client.try_raw("GET", "/openapi.json", None, None)?.body;
    let signed_up = client.sign_up("fuzz@fuzz.test");
    ensure!(signed_up.status == 201, "a sign-up is answered with {}", signed_up.status);
    let tokens = vec![signed_up.session_token(), signed_up.refresh_token(), ADMINISTRATOR.to_owned()];
    let grammar = Grammar::of(&document, tokens)?;
    let address = server.base().trim_start_matches("http://").to_owned();
    let watch = Stopwatch::start();
    let outcomes = std::thread::scope(|scope| {
        let work = |worker: u32| {
            let (grammar, client, address) = (&grammar, client.clone(), &address);
            let mut chance = Chance::new(seed.wrapping_mul(1_000).wrapping_add(u64::from(worker)));
            scope.spawn(move || -> Result<Outcome> {
                let mut outcome = Outcome::default();
                for number in 0..requests / WORKERS {
                    let sent = if chance.one_in(20) {
                        raw(&grammar.bytes(&mut chance), address, &mut outcome)
                    } else {
                        send(&grammar.request(&mut chance), &client, address, &mut outcome)
                    };
                    sent.with_context(|| format!("seed {seed}, worker {worker}, request {number}"))?;
                }
                Ok(outcome)
            })
        };
        let workers: Vec<_> = (0..WORKERS).map(work).collect();
        workers.into_iter().map(|worker| worker.join().map_err(|_| anyhow!("a worker panicked"))?).collect::<Vec<_>>()
    });
    let log = server.log();
    if let Some(line) = log.lines().find(|line| line.contains("panicked")) {
        bail!("the server panicked: {line}");
    }
    let mut whole = Outcome::default();
    for outcome in outcomes {
        let outcome = outcome?;
        whole.durations.extend(outcome.durations);
        whole.unanswered += outcome.unanswered;
        whole.refused += outcome.refused;
        whole.served += outcome.served;
    }
    ensure!(whole.served > 0, "no request was served: the requests are all too hostile to reach anything");
    let live = client.try_raw("GET", "/readyz", None, None)?;
    ensure!(live.status == 200, "the server is not ready any more: {}", live.status);
    for list in ["/users", "/environments", "/apps", "/audit"] {
        read_all(list, &client.token(ADMINISTRATOR))?;
    }
    ensure!(server.stop().success(), "the server ends well");
    let slowest = whole.durations.iter().max().copied().unwrap_or_default();
    let figures = Figures::of(whole.durations, watch.elapsed());
    std::thread::spawn(move || drop(home)).join().map_err(|_| anyhow!("the database cannot be removed"))?;
    Ok(format!(
        "{} answered as served, {} as refused, {} cut off without an answer; median {:.1} ms, p99 {:.1} ms, slowest {:.0} ms",
        whole.served,
        whole.refused,
        whole.unanswered,
        figures.median_us / 1e3,
        figures.p99_us / 1e3,
        slowest.as_secs_f64() * 1e3
    ))
}

/// Reads a list to its end: whatever was taken can be read again.
fn read_all(list: &str, administrator: &Client) -> Result<()> {
    let mut cursor = String::new();
    loop {
        let answer = administrator.get(&format!("{list}?limit=200{cursor}"));
        ensure!(answer.status == 200, "what was stored cannot be read: GET {list}: {} {}", answer.status, answer.body);
        match answer.body.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(()),
        }
    }
}

/// Sends a request and holds its answer against the laws.
fn send(request: &Request, client: &Client, address: &str, outcome: &mut Outcome) -> Result<()> {
    let client = request.headers.iter().fold(client.clone(), |client, (name, value)| client.header(name, value));
    let content_type = request.content_type.as_deref();
    let watch = Stopwatch::start();
    let Ok(answer) = client.try_raw(&request.method, &request.path, content_type, request.body.as_deref()) else {
        return send_without_client(request, address, outcome);
    };
    let taken = watch.elapsed();
    outcome.durations.push(taken);
    judge(answer.status, taken, outcome).with_context(|| format!("{request}: {}", answer.body))?;
    if answer.status >= 400 && !request.path.starts_with("/docs") && request.method != "HEAD" {
        ensure!(
            answer.body.pointer("/code").is_some_and(Value::is_string),
            "{request}: {} without a code",
            answer.status
        );
    }
    Ok(())
}

/// Sends what a client refuses to send, or has no answer to.
fn send_without_client(request: &Request, address: &str, outcome: &mut Outcome) -> Result<()> {
    let watch = Stopwatch::start();
    match exchange(&request.bytes(), address, PATIENCE)? {
        Some(status) => judge(status, watch.elapsed(), outcome).with_context(|| request.to_string()),
        // The connection is closed on what is too large; its end can overtake the answer.
        None if request.body.as_ref().is_some_and(|body| body.len() > READ) => {
            outcome.unanswered += 1;
            Ok(())
        }
        None => bail!("{request}: no answer"),
    }
}

/// Sends bytes and holds what comes back against the laws.
fn raw(bytes: &[u8], address: &str, outcome: &mut Outcome) -> Result<()> {
    let watch = Stopwatch::start();
    match exchange(bytes, address, MORE)? {
        Some(status) => judge(status, watch.elapsed(), outcome),
        None => {
            outcome.unanswered += 1;
            Ok(())
        }
    }
}

/// Sends bytes on a connection of their own; the status of the answer, where there is one within the time.
fn exchange(bytes: &[u8], address: &str, patience: Duration) -> Result<Option<u16>> {
    let mut stream = TcpStream::connect(address).context("the server takes no connection")?;
    stream.set_read_timeout(Some(patience))?;
    // It may close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut start = [0; 12];
    let read = stream.read(&mut start).unwrap_or(0);
    let start = start.get(..read).and_then(|start| std::str::from_utf8(start).ok());
    Ok(start.and_then(|start| start.split_once(' ')?.1.get(..3)?.parse().ok()))
}

fn judge(status: u16, taken: Duration, outcome: &mut Outcome) -> Result<()> {
    ensure!(status < 500, "answered with {status}");
    ensure!(taken < PATIENCE, "answered after {} ms", taken.as_millis());
    *if status < 400 { &mut outcome.served } else { &mut outcome.refused } += 1;
    Ok(())
}
