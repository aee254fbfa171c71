//! What runs through a private host: a download, and an echo that measures outages as packets see them.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    net::within,
    outside::{DOWNLOAD, ECHO},
};

/// How much of the download is sent at once, in bytes.
pub(crate) const CHUNK: u64 = 1024;
/// From one echo to the next.
const EVERY: Duration = Duration::from_millis(20);
/// What is longer without an echo is an outage.
const OUTAGE: Duration = Duration::from_millis(200);
/// After so long without a byte a download is begun again where it was.
const SILENCE: Duration = Duration::from_millis(500);
const SERVER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 100);

/// A chunk of what is downloaded: each byte tells its place.
pub(crate) fn content(place: u64) -> Vec<u8> {
    (place..place + CHUNK).map(byte).collect()
}

fn byte(place: u64) -> u8 {
    u8::try_from(place % 251).expect("a remainder")
}

/// Runs in a private host until it is ended, and tells on standard output.
pub(crate) fn run() {
    thread::spawn(echo);
    let mut place = 0;
    loop {
        let begun = place;
        let ended = download(&mut place);
        tell(&json!({ "stopped": ended.to_string(), "from": begun, "place": place }));
        thread::sleep(Duration::from_millis(50));
    }
}

fn tell(what: &Value) {
    println!("{what}");
    let _ = std::io::stdout().flush();
}

fn download(place: &mut u64) -> std::io::Error {
    let mut read = || -> std::io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&SocketAddr::from((SERVER, DOWNLOAD)), SILENCE)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.write_all(&place.to_be_bytes())?;
        let mut buffer = [0; 4096];
        let mut told = Instant::now();
        loop {
            let length = stream.read(&mut buffer)?;
            if length == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if !(*place..).zip(&buffer[..length]).all(|(place, got)| byte(place) == *got) {
                tell(&json!({ "broken": *place }));
            }
            *place += length as u64;
            if told.elapsed() > Duration::from_millis(250) {
                tell(&json!({ "place": *place }));
                told = Instant::now();
            }
        }
    };
    read().expect_err("it goes on until it fails")
}

fn echo() {
    let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
    socket.connect((SERVER, ECHO)).expect("an address");
    socket.set_read_timeout(Some(Duration::from_millis(5))).expect("a limit");
    let mut last = Instant::now();
    let mut buffer = [0; 64];
    loop {
        let began = Instant::now();
        let _ = socket.send(b"echo");
        while began.elapsed() < EVERY {
            if socket.recv(&mut buffer).is_ok() {
                if last.elapsed() > OUTAGE {
                    tell(&json!({ "outage_ms": u64::try_from(last.elapsed().as_millis()).expect("a short time") }));
                }
                last = Instant::now();
            }
        }
    }
}

/// The traffic of a host, as the test sees it.
pub(crate) struct Traffic {
    process: Child,
    seen: Arc<Mutex<Seen>>,
}

/// What was seen of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// How far the download is, in bytes.
    pub(crate) place: u64,
    /// How often it was begun again, where it was.
    pub(crate) resumed: usize,
    /// Whether anything else came than was sent.
    pub(crate) broken: bool,
    /// The outages that are over.
    pub(crate) outages: Vec<Duration>,
}

impl Traffic {
    /// Begins in this host.
    pub(crate) fn begin(host: &str) -> Self {
        let myself = std::env::current_exe().expect("a test's path");
        let mut process = within(host, &myself).arg("traffic").stdout(Stdio::piped()).spawn().expect("traffic");
        let seen = Arc::new(Mutex::new(Seen::default()));
        let lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let theirs = Arc::clone(&seen);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).expect("a line of JSON");
                let mut seen = theirs.lock().expect("nobody panics with it");
                seen.place = line["place"].as_u64().unwrap_or(seen.place);
                seen.resumed += usize::from(line.get("stopped").is_some());
                seen.broken |= line.get("broken").is_some();
                seen.outages.extend(line["outage_ms"].as_u64().map(Duration::from_millis));
            }
        });
        Self { process, seen }
    }

    /// What was seen since the last time that this was asked.
    pub(crate) fn take(&self) -> Seen {
        let mut seen = self.seen.lock().expect("nobody panics with it");
        let taken = seen.clone();
        (seen.resumed, seen.outages) = (0, Vec::new());
        taken
    }

    /// Whether an outage was over since the last time.
    pub(crate) fn had_outage(&self) -> bool {
        !self.seen.lock().expect("nobody panics with it").outages.is_empty()
    }

    /// How far the download is.
    pub(crate) fn place(&self) -> u64 {
        self.seen.lock().expect("nobody panics with it").place
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
