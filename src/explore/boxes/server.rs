//! The page on a port of this machine that only the person who started it can reach.
//!
//! Whoever else can open a connection there (another user, a page in the browser) gets little: a request's head is read up to
//! a bound of size and time, the `Host` and the token in it are checked, and only then is its body read. httparse, which the
//! downloads bring in, reads the heads; the servers at hand that need no runtime (tiny_http) bound neither heads, times nor
//! clients.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::page::{Answer, Page};
use crate::explore::ExploreError;
use crate::track::progress::Progress;

/// How soon Ctrl-C and new clients are noticed.
const WAIT: Duration = Duration::from_millis(20);
/// Time for a request to arrive, and again for its answer to go out.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that are open at a time; more are closed at once.
const CLIENTS: usize = 32;
/// The longest head of a request in bytes, and its most fields.
const LONGEST_HEAD: usize = 16 << 10;
const MOST_FIELDS: usize = 64;
/// The longest body that is read: some ten thousand boxes.
const LONGEST_BODY: u64 = 1 << 20;

/// Serve `page` on a free port of 127.0.0.1 until its button `Done` is pressed or the user stops the program; `ready`
/// hears the URL. A random token in it keeps other users of the machine, and other sites in the browser, out.
///
/// # Errors
/// [`ExploreError::Server`] where no port can be had.
pub fn serve(
    page: &mut Page,
    ready: &mut dyn FnMut(&str),
    progress: &dyn Progress,
) -> Result<(), ExploreError> {
    let failed = |e: std::io::Error| ExploreError::Server(e.to_string());
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    // No result depends on it.
    let token = format!("{:032x}", rand::random::<u128>());
    let (asks, asked) = sync_channel(CLIENTS);
    let door = Arc::new(Door {
        address,
        token: token.clone(),
        asks,
        clients: AtomicUsize::new(0),
        closed: AtomicBool::new(false),
    });
    let opened = door.clone();
    std::thread::spawn(move || admit(&listener, &opened));
    ready(&format!("http://{address}/{token}/"));
    answer_all(page, &asked, progress);
    door.closed.store(true, Ordering::SeqCst);
    Ok(())
}

/// Answer one request after the other, until the last one or a stop.
fn answer_all(page: &mut Page, asked: &Receiver<Ask>, progress: &dyn Progress) {
    while !progress.stop_requested() {
        match asked.recv_timeout(WAIT) {
            Ok(ask) => {
                let answer = page.answer(&ask.method, &ask.path, &ask.body);
                let last = answer.last;
                // A browser that hangs up is nobody's trouble.
                let _ = ask.answer.send(answer);
                if last {
                    // Its thread ends with this one's process: let it say so first.
                    let _ = ask.written.recv_timeout(PATIENCE);
                    return;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// What every client's thread needs.
struct Door {
    address: SocketAddr,
    token: String,
    asks: SyncSender<Ask>,
    clients: AtomicUsize,
    closed: AtomicBool,
}

/// A request that may be answered.
struct Ask {
    method: String,
    /// What follows the token.
    path: String,
    body: String,
    answer: SyncSender<Answer>,
    /// Hears when the answer went out, or disconnects.
    written: Receiver<()>,
}

/// Accept clients, each in a thread of its own that ends within twice [`PATIENCE`].
fn admit(listener: &TcpListener, door: &Arc<Door>) {
    while !door.closed.load(Ordering::SeqCst) {
        let Ok((stream, _)) = listener.accept() else {
            std::thread::sleep(WAIT);
            continue;
        };
        if door.clients.fetch_add(1, Ordering::SeqCst) >= CLIENTS {
            door.clients.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let door = door.clone();
        std::thread::spawn(move || {
            let _ = client(stream, &door);
            door.clients.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

fn client(stream: TcpStream, door: &Door) -> std::io::Result<()> {
    // Some systems hand the listener's mode on.
    stream.set_nonblocking(false)?;
    let mut from = Timed::new(&stream);
    let (answer, asked) = sync_channel(1);
    let (wrote, written) = sync_channel(1);
    let ask = match request(&mut from, door) {
        Ok((method, path, body)) => Ask {
            method,
            path,
            body,
            answer,
            written,
        },
        Err(Refusal::Gone(e)) => return Err(e),
        Err(Refusal::With(status, why)) => return respond(&stream, status, "text/plain", why),
    };
    if door.asks.try_send(ask).is_err() {
        return respond(&stream, 503, "text/plain", "too many requests at once");
    }
    if let Ok(answer) = asked.recv() {
        respond(&stream, answer.status, answer.kind, &answer.body)?;
        let _ = wrote.try_send(());
    }
    Ok(())
}

/// Why a request is not answered by the page.
enum Refusal {
    With(u16, &'static str),
    Gone(std::io::Error),
}

impl From<std::io::Error> for Refusal {
    fn from(e: std::io::Error) -> Refusal {
        Refusal::Gone(e)
    }
}

/// Method, path after the token, and body of a request of the person at the page.
fn request(from: &mut impl Read, door: &Door) -> Result<(String, String, String), Refusal> {
    let (head, mut rest) = read_head(from)?;
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    match parsed.parse(&head) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Refusal::With(431, "the request has too many fields"));
        }
        _ => return Err(Refusal::With(400, "this is no request")),
    }
    let field = |name: &str| -> Vec<&[u8]> {
        let named = parsed.headers.iter();
        named
            .filter(|h| h.name.eq_ignore_ascii_case(name))
            .map(|h| h.value)
            .collect()
    };
    let hosts = [
        door.address.to_string(),
        format!("localhost:{}", door.address.port()),
    ];
    // A page of another name that points here (DNS rebinding) is not ours.
    match field("host")[..] {
        [host] if hosts.iter().any(|h| h.as_bytes() == host) => {}
        _ => {
            return Err(Refusal::With(
                403,
                "open the page at the address that dcgan printed",
            ));
        }
    }
    let path = parsed.path.unwrap_or_default();
    let Some(path) = path.strip_prefix(&format!("/{}/", door.token)) else {
        return Err(Refusal::With(404, "there is nothing here"));
    };
    if !field("transfer-encoding").is_empty() {
        return Err(Refusal::With(411, "say the length of the body"));
    }
    let length = match field("content-length")[..] {
        [] => 0,
        [text] => match std::str::from_utf8(text).ok().and_then(|t| t.parse().ok()) {
            Some(length) => length,
            None => return Err(Refusal::With(400, "the length of the body is no number")),
        },
        _ => return Err(Refusal::With(400, "the body has two lengths")),
    };
    if length > LONGEST_BODY {
        return Err(Refusal::With(413, "the body is too long"));
    }
    let method = parsed.method.unwrap_or_default().to_string();
    let path = path.to_string();
    rest.truncate(length as usize);
    let missing = length - rest.len() as u64;
    from.take(missing).read_to_end(&mut rest)?;
    if rest.len() as u64 != length {
        return Err(Refusal::Gone(ErrorKind::UnexpectedEof.into()));
    }
    match String::from_utf8(rest) {
        Ok(body) => Ok((method, path, body)),
        Err(_) => Err(Refusal::With(400, "the body is no UTF-8")),
    }
}

/// A request's head with its empty line, and what came of the body with it.
fn read_head(from: &mut impl Read) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    const END: &[u8] = b"\r\n\r\n";
    let mut head = Vec::with_capacity(1024);
    let mut buffer = [0; 1024];
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 {
            return Err(Refusal::Gone(ErrorKind::UnexpectedEof.into()));
        }
        let seen = head.len().saturating_sub(END.len() - 1);
        head.extend_from_slice(&buffer[..n]);
        let end = head[seen..].windows(END.len()).position(|w| w == END);
        if let Some(end) = end {
            let rest = head.split_off(seen + end + END.len());
            return Ok((head, rest));
        }
        if head.len() > LONGEST_HEAD {
            return Err(Refusal::With(431, "the request's head is too long"));
        }
    }
}

fn respond(stream: &TcpStream, status: u16, kind: &str, body: &str) -> std::io::Result<()> {
    let mut out = Timed::new(stream);
    let head = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        if status < 400 { "OK" } else { "Refused" },
        body.len()
    );
    out.write_all(head.as_bytes())?;
    out.write_all(body.as_bytes())?;
    stream.shutdown(std::net::Shutdown::Write)
}

/// A connection with one time limit for all that is read or written through it.
struct Timed<'a> {
    stream: &'a TcpStream,
    until: Instant,
}

impl<'a> Timed<'a> {
    fn new(stream: &'a TcpStream) -> Timed<'a> {
        Timed {
            stream,
            until: Instant::now() + PATIENCE,
        }
    }

    fn left(&self) -> std::io::Result<Duration> {
        match self.until.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(ErrorKind::TimedOut.into()),
            left => Ok(left),
        }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        // In pieces, so that the limit is looked at between them.
        self.stream.write(&bytes[..bytes.len().min(1 << 16)])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Images;
    use crate::explore::boxes::Boxes;
    use crate::track::progress::Silent;
    use crate::track::progress::{Bar, Progress, Unit};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;

    fn ask(url: &str, body: Option<&str>) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let response = match body {
            Some(body) => agent.post(url).send(body),
            None => agent.get(url).call(),
        };
        let mut response = response.unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), text)
    }

    #[test]
    fn a_browser_sees_the_samples_and_saves_what_was_drawn() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("boxes.yaml");
        let images = Images::new(1, 8, 8, (0..128).collect()).unwrap();
        let mut page = Page::new(images, Boxes::default(), path.clone());
        let (tell, hear) = mpsc::channel();
        let page = std::thread::spawn(move || {
            let ready = &mut |url: &str| tell.send(url.to_string()).unwrap();
            serve(&mut page, ready, &Silent).unwrap();
            page
        });
        let url = hear.recv().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        let (status, html) = ask(&url, None);
        assert!(status == 200 && html.contains("<script>"));
        let (_, state) = ask(&format!("{url}state"), None);
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        assert_eq!(state["pictures"].as_array().unwrap().len(), 2);
        let root = url.len() - 33;
        for wrong in [
            "",
            "state",
            &format!("{}/state", "0".repeat(32)),
            &format!("{}passwd", &url[root..]),
        ] {
            let wrong = format!("{}{wrong}", &url[..root]);
            assert_eq!(ask(&wrong, None).0, 404, "{wrong}");
        }
        let boxes = format!("{url}boxes");
        for bad in [
            r#"{"2": []}"#,
            r#"{"0": [[0, 0, 9, 1]]}"#,
            r#"{"0": [[1, 0, 1, 1]]}"#,
            "boxes",
        ] {
            assert_eq!(ask(&boxes, Some(bad)).0, 400, "{bad}");
        }
        assert!(!path.exists());
        let (status, said) = ask(&boxes, Some(r#"{"0": [], "1": [[2, 3, 5, 8]]}"#));
        assert!(
            status == 200 && said.starts_with("1 box on 1 sample in"),
            "{said}"
        );
        let read = Boxes::read(&path, (8, 8)).unwrap();
        assert_eq!(read.samples, [(1, vec![[2, 3, 5, 8].into()])].into());
        assert_eq!(ask(&format!("{url}done"), Some("")).0, 200);
        assert_eq!(page.join().unwrap().boxes(), &read);
    }

    /// Stops when it is told to.
    struct Stop(AtomicBool);

    impl Progress for Stop {
        fn begin(&self, what: &str, total: Option<u64>, unit: Unit) -> Box<dyn Bar> {
            Silent.begin(what, total, unit)
        }
        fn note(&self, _: &str) {}
        fn stop_requested(&self) -> bool {
            self.0.load(Ordering::SeqCst)
        }
    }

    /// A running page: its URL, its address, and what ends it.
    fn running() -> (
        String,
        String,
        std::sync::Arc<Stop>,
        std::thread::JoinHandle<()>,
    ) {
        let images = Images::new(1, 8, 8, (0..128).collect()).unwrap();
        let mut page = Page::new(images, Boxes::default(), "no-such-folder/boxes.yaml".into());
        let (tell, hear) = mpsc::channel();
        let stop = std::sync::Arc::new(Stop(AtomicBool::new(false)));
        let stopped = stop.clone();
        let server = std::thread::spawn(move || {
            let ready = &mut |url: &str| tell.send(url.to_string()).unwrap();
            serve(&mut page, ready, &*stopped).unwrap();
        });
        let url: String = hear.recv().unwrap();
        let address = url["http://".len()..]
            .split('/')
            .next()
            .unwrap()
            .to_string();
        (url, address, stop, server)
    }

    /// Send `bytes` and return the status that comes back, `None` where the connection is closed without one.
    fn send(address: &str, bytes: &[u8]) -> Option<u16> {
        let mut stream = TcpStream::connect(address).unwrap();
        // The server may close in the middle.
        let _ = stream.write_all(bytes);
        let mut said = [0; 12];
        stream.read_exact(&mut said).ok()?;
        std::str::from_utf8(&said[9..]).ok()?.parse().ok()
    }

    #[test]
    fn a_stranger_is_refused_before_the_body_is_read() {
        let (url, address, stop, server) = running();
        let token = url.rsplit('/').nth(1).unwrap();
        let head = |path: &str, host: &str, more: &str| {
            send(
                &address,
                format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n").as_bytes(),
            )
        };
        let boxes = format!("/{token}/boxes");
        // None of these bodies ever comes.
        let long = "Content-Length: 1000\r\n";
        assert_eq!(head("/boxes", &address, long), Some(404));
        assert_eq!(head(&boxes, "evil.example", long), Some(403));
        assert_eq!(
            head(&boxes, &address, &format!("Host: evil.example\r\n{long}")),
            Some(403)
        );
        assert_eq!(
            send(
                &address,
                format!("POST {boxes} HTTP/1.1\r\n\r\n").as_bytes()
            ),
            Some(403)
        );
        assert_eq!(
            head(&boxes, &address, "Content-Length: 99999999999\r\n"),
            Some(413)
        );
        assert_eq!(head(&boxes, &address, "Content-Length: -1\r\n"), Some(400));
        assert_eq!(
            head(&boxes, &address, "Transfer-Encoding: chunked\r\n"),
            Some(411)
        );
        assert_eq!(head(&boxes, &address, &"A: b\r\n".repeat(100)), Some(431));
        assert_eq!(send(&address, b"nonsense\r\n\r\n"), Some(400));
        let local = address.replace("127.0.0.1", "localhost");
        assert_eq!(
            head(&boxes, &local, ""),
            Some(400),
            "the page itself answers: not boxes"
        );
        stop.0.store(true, Ordering::SeqCst);
        server.join().unwrap();
    }

    #[test]
    fn endless_heads_and_silent_clients_do_not_keep_the_page_from_stopping() {
        let (url, address, stop, server) = running();
        let mut endless = TcpStream::connect(&address).unwrap();
        let _ = endless.write_all(b"GET / HTTP/1.1\r\n");
        let line = vec![b'a'; 1 << 10];
        let sent = (0..10_000).take_while(|_| endless.write_all(&line).is_ok());
        assert!(sent.count() < 10_000, "ten megabytes of head were taken");
        assert_eq!(ask(&url, None).0, 200);
        let silent: Vec<_> = (0..200)
            .filter_map(|_| TcpStream::connect(&address).ok())
            .collect();
        assert!(!silent.is_empty());
        stop.0.store(true, Ordering::SeqCst);
        // Returns although they all still wait.
        server.join().unwrap();
    }
}
