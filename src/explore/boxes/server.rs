//! The page on a port of this machine that only the person who started it can reach.

use std::io::Read;
use std::time::Duration;

use tiny_http::{Header, Request, Response, Server};

use super::page::{Answer, Page};
use crate::explore::ExploreError;
use crate::track::progress::Progress;

/// How soon Ctrl-C is noticed.
const WAIT: Duration = Duration::from_millis(200);
/// The longest request that is read: some ten thousand boxes.
const LONGEST: u64 = 1 << 20;

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
    let failed = |e: &dyn std::fmt::Display| ExploreError::Server(e.to_string());
    let server = Server::http("127.0.0.1:0").map_err(|e| failed(&e))?;
    let address = server.server_addr();
    // No result depends on it.
    let token = format!("{:032x}", rand::random::<u128>());
    ready(&format!("http://{address}/{token}/"));
    while !progress.stop_requested() {
        if let Some(request) = server.recv_timeout(WAIT).map_err(|e| failed(&e))?
            && handle(request, &token, page)
        {
            return Ok(());
        }
    }
    Ok(())
}

/// Answer a request; true for the last one. A browser that hangs up is nobody's trouble.
fn handle(mut request: Request, token: &str, page: &mut Page) -> bool {
    let method = request.method().to_string();
    let path = request.url().strip_prefix(&format!("/{token}/"));
    let path = path.map(str::to_string);
    let mut body = String::new();
    let read = request.as_reader().take(LONGEST).read_to_string(&mut body);
    let answer = match (path, read) {
        (Some(path), Ok(_)) => page.answer(&method, &path, &body),
        _ => Answer {
            status: 404,
            kind: "text/plain; charset=utf-8",
            body: "there is nothing here".into(),
            last: false,
        },
    };
    let mut response = Response::from_string(answer.body).with_status_code(answer.status);
    for (name, value) in [("Content-Type", answer.kind), ("Cache-Control", "no-store")] {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    let _ = request.respond(response);
    answer.last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Images;
    use crate::explore::boxes::Boxes;
    use crate::track::progress::Silent;
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
}
