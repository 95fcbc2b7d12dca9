//! Final files out of a tar archive, gzipped or not; nothing lands that is not what the card describes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::card::{Card, FileSpec, Part};
use super::land::{Landing, Side, copy, is_of_one_file};
use super::sheet;
use super::{SourceError, Store};
use crate::track::atomic;
use crate::track::disk::{self, Out};
use crate::track::progress::{Bar, Progress, Stopped, Unit};

/// Members that only serve to make a final file are refused past this size: none at hand has a tenth of it.
const LARGEST_HELPER: u64 = 1 << 30;

/// Make `wanted` from the archive at `path`, each as `parts` says. A file that fails does not keep the others from
/// landing; the first failure is returned.
pub(super) fn unpack(
    path: &Path,
    parts: &BTreeMap<String, Part>,
    wanted: &[FileSpec],
    card: &Card,
    store: &Store,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let mut task = Unpacking {
        path,
        landing: Landing {
            card,
            store,
            progress,
        },
        bar: progress.begin(
            &format!("unpacking {}", card.title),
            Some(wanted.iter().map(|f| f.bytes).sum()),
            Unit::Bytes,
        ),
        failure: None,
    };
    let jobs: Vec<(&FileSpec, &Part)> = wanted
        .iter()
        .filter_map(|f| Some((f, parts.get(&f.name)?)))
        .collect();
    let scratch = disk::scratch(&store.folder(card), ".unpack-")
        .map_err(|e| local(&store.folder(card), e))?;
    let helpers = task.members(&jobs, scratch.path())?;
    for (spec, part) in jobs {
        task.landing.poll()?;
        if let Part::Sheet(part) = part {
            let made = sheet::batch(part, &helpers, card, spec);
            let landed = made.and_then(|bytes| task.land(spec, &mut bytes.as_slice()));
            task.keep(landed)?;
        }
    }
    task.failure.map_or(Ok(()), Err)
}

struct Unpacking<'a> {
    path: &'a Path,
    landing: Landing<'a>,
    bar: Box<dyn Bar>,
    failure: Option<SourceError>,
}

impl Unpacking<'_> {
    /// One pass over the archive: land the members that are final files, keep the helpers in `scratch`.
    ///
    /// Returns member -> file for the helpers.
    fn members(
        &mut self,
        jobs: &[(&FileSpec, &Part)],
        scratch: &Path,
    ) -> Result<BTreeMap<String, PathBuf>, SourceError> {
        let mut helpers = BTreeMap::new();
        let mut missing: Vec<&str> = jobs.iter().flat_map(|(_, part)| part.members()).collect();
        let mut archive = tar::Archive::new(self.open()?);
        for entry in archive.entries().map_err(|e| damaged(self.path, &e))? {
            if missing.is_empty() {
                break;
            }
            self.landing.poll()?;
            let mut entry = entry.map_err(|e| damaged(self.path, &e))?;
            let member = match entry.path() {
                Ok(p) => p
                    .strip_prefix(".")
                    .unwrap_or(&p)
                    .to_string_lossy()
                    .into_owned(),
                Err(e) => return Err(damaged(self.path, &e)),
            };
            if !entry.header().entry_type().is_file() || !missing.contains(&member.as_str()) {
                continue;
            }
            missing.retain(|m| *m != member);
            match jobs
                .iter()
                .find(|(_, part)| matches!(part, Part::Member(m) if *m == member))
            {
                Some((spec, _)) => {
                    let landed = self.land(spec, &mut entry);
                    self.keep(landed)?;
                }
                None => {
                    let file = scratch.join(helpers.len().to_string());
                    let mut out = Out::create(&file).map_err(|e| local(&file, e))?;
                    copy(&mut entry.take(LARGEST_HELPER), &mut |chunk| {
                        out.write_all(chunk)
                    })
                    .map_err(|e| match e {
                        Side::From(e) => damaged(self.path, &e),
                        Side::To(source) => atomic::WriteError {
                            path: file.clone(),
                            source,
                        }
                        .into(),
                    })?;
                    helpers.insert(member, file);
                }
            }
        }
        if missing.is_empty() {
            // What follows the last member that is wanted, and gzip's checksum at the end.
            let mut rest = archive.into_inner();
            let read = copy(
                &mut rest,
                &mut |_| match self.landing.progress.stop_requested() {
                    true => Err(std::io::ErrorKind::Interrupted.into()),
                    false => Ok(()),
                },
            );
            match read {
                Ok(()) => {}
                Err(Side::From(e)) => return Err(damaged(self.path, &e)),
                Err(Side::To(_)) => return Err(Stopped.into()),
            }
        }
        if let Some(member) = missing.first() {
            self.keep(Err(SourceError::NoMember(member.to_string())))?;
        }
        Ok(helpers)
    }

    /// The archive's tar stream; gzip is known by its first two bytes (RFC 1952, section 2.3.1).
    fn open(&self) -> Result<Box<dyn Read>, SourceError> {
        let mut file = File::open(self.path).map_err(|e| local(self.path, e))?;
        let mut magic = [0u8; 2];
        let gzipped = file.read_exact(&mut magic).is_ok() && magic == [0x1f, 0x8b];
        file.rewind().map_err(|e| local(self.path, e))?;
        let file = BufReader::with_capacity(1 << 20, file);
        Ok(if gzipped {
            Box::new(MultiGzDecoder::new(file))
        } else {
            Box::new(file)
        })
    }

    fn land(&mut self, spec: &FileSpec, from: &mut dyn Read) -> Result<(), SourceError> {
        let path = self.path;
        self.landing
            .land(spec, from, self.bar.as_mut(), &|e| damaged(path, e))
    }

    /// Remember a failure of one file; a failure that the next file would share ends the work.
    fn keep(&mut self, landed: Result<(), SourceError>) -> Result<(), SourceError> {
        match landed {
            Ok(()) => {}
            Err(e) if is_of_one_file(&e) => {
                self.failure.get_or_insert(e);
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }
}

impl Part {
    /// Paths inside the archive that this part needs.
    fn members(&self) -> Vec<&str> {
        match self {
            Part::Member(member) => vec![member],
            Part::Sheet(part) => vec![&part.image, &part.labels],
        }
    }
}

fn damaged(path: &Path, e: &std::io::Error) -> SourceError {
    SourceError::Damaged {
        path: path.to_path_buf(),
        why: e.to_string(),
    }
}

fn local(path: &Path, source: std::io::Error) -> SourceError {
    SourceError::Local {
        path: path.to_path_buf(),
        source,
    }
}
