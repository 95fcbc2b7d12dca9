//! A small real HTTP server on the loopback, with faults to order.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a client asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// S of `Range: bytes=S-`.
    pub from: Option<usize>,
    pub if_range: Option<String>,
}

/// How the server answers its requests.
#[derive(Clone)]
pub struct Conduct {
    pub body: Vec<u8>,
    pub etag: Option<&'static str>,
    /// Whether it knows `Range` at all.
    pub ranges: bool,
    /// The first so many answers break off...
    pub broken: usize,
    /// ... after so many bytes of their bodies.
    pub after: usize,
    /// Whether it says how long a body is.
    pub length: bool,
    /// Another status than 200 and 206, with no file.
    pub status: Option<u16>,
}

impl Conduct {
    pub fn good(body: &[u8]) -> Conduct {
        Conduct {
            body: body.to_vec(),
            etag: Some("\"v1\""),
            ranges: true,
            broken: 0,
            after: 0,
            length: true,
            status: None,
        }
    }
}

pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Serve until the test process ends.
    pub fn start(conduct: Conduct) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "http://{}/files/tiny.tar.gz",
            listener.local_addr().unwrap()
        );
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away in the middle is part of what is tested.
                let _ = stream.and_then(|s| answer(s, &conduct, &log));
            }
        });
        Server { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(
    mut stream: TcpStream,
    conduct: &Conduct,
    log: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let mut asked = Asked {
        from: None,
        if_range: None,
    };
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else {
            if line.is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "range" => {
                let from = value.trim_start_matches("bytes=").trim_end_matches('-');
                asked.from = Some(from.parse().unwrap());
            }
            "if-range" => asked.if_range = Some(value.to_string()),
            _ => {}
        }
    }
    let earlier = {
        let mut log = log.lock().unwrap();
        log.push(asked.clone());
        log.len() - 1
    };
    if let Some(status) = conduct.status {
        return write!(
            stream,
            "HTTP/1.1 {status} Sorry\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    let all = conduct.body.len();
    let same = asked.if_range.is_none() || asked.if_range.as_deref() == conduct.etag;
    let from = asked.from.filter(|_| conduct.ranges && same);
    let etag = conduct
        .etag
        .map_or(String::new(), |e| format!("ETag: {e}\r\n"));
    let (head, body) = match from {
        Some(from) if from >= all => (
            format!("416 Too Far\r\nContent-Range: bytes */{all}"),
            &[][..],
        ),
        Some(from) => (
            format!(
                "206 Partial Content\r\nContent-Range: bytes {from}-{}/{all}",
                all - 1
            ),
            &conduct.body[from..],
        ),
        None => ("200 OK".to_string(), &conduct.body[..]),
    };
    let length = match conduct.length {
        true => format!("Content-Length: {}\r\n", body.len()),
        false => String::new(),
    };
    write!(
        stream,
        "HTTP/1.1 {head}\r\n{etag}{length}Connection: close\r\n\r\n"
    )?;
    let sent = if earlier < conduct.broken {
        conduct.after.min(body.len())
    } else {
        body.len()
    };
    stream.write_all(&body[..sent])?;
    stream.flush()
}
