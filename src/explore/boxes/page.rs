//! What the page to draw boxes on shows and saves; how requests reach it is the server's business.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, RgbImage};

use super::{Boxes, Rect};
use crate::data::Images;
use crate::explore::ExploreError;

/// The page itself: it asks for [`Page::state`] and sends [`Page::save`] what was drawn, after every change.
const HTML: &str = include_str!("page.html");

/// Samples from number 0, and the boxes on them.
#[derive(Debug)]
pub struct Page {
    images: Images,
    boxes: Boxes,
    path: PathBuf,
}

/// An answer to the browser.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub kind: &'static str,
    pub body: String,
    /// The person is done.
    pub last: bool,
}

impl Answer {
    fn new(status: u16, kind: &'static str, body: impl Into<String>) -> Answer {
        Answer {
            status,
            kind,
            body: body.into(),
            last: false,
        }
    }
}

impl Page {
    /// A page whose boxes go to `path`.
    pub fn new(images: Images, boxes: Boxes, path: PathBuf) -> Page {
        Page {
            images,
            boxes,
            path,
        }
    }

    /// The boxes as they are now.
    pub fn boxes(&self) -> &Boxes {
        &self.boxes
    }

    /// The answer to a request; `path` is what follows the token.
    pub fn answer(&mut self, method: &str, path: &str, body: &str) -> Answer {
        const TEXT: &str = "text/plain; charset=utf-8";
        match (method, path) {
            ("GET", "") => Answer::new(200, "text/html; charset=utf-8", HTML),
            ("GET", "state") => match self.state() {
                Ok(state) => Answer::new(200, "application/json", state.to_string()),
                Err(e) => Answer::new(500, TEXT, e.to_string()),
            },
            ("POST", "boxes") => match self.save(body) {
                Ok(()) => Answer::new(200, TEXT, self.summary()),
                Err((status, why)) => Answer::new(status, TEXT, why),
            },
            ("POST", "done") => Answer {
                last: true,
                ..Answer::new(200, TEXT, self.summary())
            },
            _ => Answer::new(404, TEXT, "there is nothing here"),
        }
    }

    /// `12 boxes on 9 samples in boxes.yaml`.
    pub fn summary(&self) -> String {
        let count = |n: usize, what: &str, many: &str| match n {
            1 => format!("1 {what}"),
            n => format!("{n} {many}"),
        };
        let with = self.boxes.samples.values().filter(|b| !b.is_empty());
        format!(
            "{} on {} in {}",
            count(self.boxes.count(), "box", "boxes"),
            count(with.count(), "sample", "samples"),
            self.path.display()
        )
    }

    fn state(&self) -> Result<serde_json::Value, ExploreError> {
        let pictures: Vec<String> = (0..self.images.n)
            .map(|i| self.picture(i))
            .collect::<Result<_, _>>()?;
        Ok(serde_json::json!({
            "width": self.images.w,
            "height": self.images.h,
            "pictures": pictures,
            "boxes": self.boxes.samples,
            "summary": self.summary(),
        }))
    }

    fn picture(&self, i: usize) -> Result<String, ExploreError> {
        let Images { c, h, w, .. } = self.images;
        let (pixels, plane) = (self.images.image(i), h * w);
        let picture = RgbImage::from_fn(w as u32, h as u32, |x, y| {
            let at = y as usize * w + x as usize;
            let colour = |k: usize| pixels[(k % c) * plane + at];
            image::Rgb([colour(0), colour(1), colour(2)])
        });
        let mut png = Cursor::new(Vec::new());
        picture
            .write_to(&mut png, ImageFormat::Png)
            .map_err(|e| ExploreError::Picture(e.to_string()))?;
        Ok(format!(
            "data:image/png;base64,{}",
            STANDARD.encode(png.into_inner())
        ))
    }

    /// Take all boxes of the samples shown from the browser, as JSON, and write the file. Boxes on samples that the page
    /// does not show stay.
    fn save(&mut self, body: &str) -> Result<(), (u16, String)> {
        let drawn: BTreeMap<usize, Vec<Rect>> =
            serde_json::from_str(body).map_err(|e| (400, format!("not boxes by sample: {e}")))?;
        for (sample, boxes) in &drawn {
            if *sample >= self.images.n {
                return Err((400, format!("sample {sample} is not on this page")));
            }
            let faults = boxes
                .iter()
                .find_map(|b| b.fault(self.images.w, self.images.h));
            if let Some(fault) = faults {
                return Err((400, format!("sample {sample}: {fault}")));
            }
        }
        let mut boxes = self.boxes.clone();
        let shown = self.images.n;
        // An empty list that a person wrote says that the sample was looked at: it stays where nothing was drawn.
        boxes.samples.retain(|&i, b| i >= shown || b.is_empty());
        boxes
            .samples
            .extend(drawn.into_iter().filter(|(_, b)| !b.is_empty()));
        boxes.write(&self.path).map_err(|e| (500, e.to_string()))?;
        self.boxes = boxes;
        Ok(())
    }
}
