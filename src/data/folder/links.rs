//! An archive as the tree that unpacking it would make: its links lead where they would lead on disk.

use std::collections::BTreeMap;

use super::litter::{Kind as Passed, Litter};
use super::members::{Kind, Member};
use super::name::{is_image, is_system, printable};

/// Links on the way from a link to what it means, at most; as Linux has it.
const MOST_HOPS: usize = 40;
/// Folders in folders. No disk's paths are as long.
const MOST_DEPTH: usize = 200;
/// How often a member is seen by way of links to folders, on average: links that lead to links double with each.
const MOST_TIMES: usize = 8;

/// The files, folders and links of an archive.
#[derive(Default)]
pub(super) struct Tree {
    root: Folder,
    members: usize,
    /// Hard links whose target comes later, or never.
    hard: Vec<(Path, Path)>,
    litter: Litter,
}

/// Parts of a path inside the archive.
type Path = Vec<String>;
type Folder = BTreeMap<String, Node>;

enum Node {
    Folder(Folder),
    /// The number of the member that has its content.
    File(u64),
    Symbolic(Vec<u8>),
}

/// Where a link leads.
enum Target<'a> {
    Folder(Path, &'a Folder),
    File(u64),
}

impl Tree {
    /// The member takes its place, as unpacking would put it there: the last of those of one name stays.
    pub fn add(&mut self, member: &Member) {
        self.members += 1;
        let path = parts(&member.name);
        if path.len() > MOST_DEPTH {
            self.litter.add(Passed::Deep, printable(&member.name));
            return;
        }
        match &member.kind {
            Kind::File(_) => self.put(path, Node::File(member.number)),
            Kind::Symbolic(target) => self.put(path, Node::Symbolic(target.clone())),
            Kind::Hard(target) => {
                let target = parts(target);
                match self.file(&target) {
                    Some(number) => self.put(path, Node::File(number)),
                    None => self.hard.push((path, target)),
                }
            }
            // Its files make it, and without files it is none.
            Kind::Folder => {}
            Kind::Other => self.litter.other(),
        }
    }

    /// Every image's name with the number of the member that has its content, and what was passed over.
    ///
    /// # Errors
    /// Where links to folders lead to links to folders without end.
    pub fn images(mut self) -> Result<(BTreeMap<String, u64>, Litter), String> {
        // A target may itself be a hard link that comes later: each round settles one more.
        let mut waiting = std::mem::take(&mut self.hard);
        loop {
            let before = waiting.len();
            for (path, target) in std::mem::take(&mut waiting) {
                match self.file(&target) {
                    Some(number) => self.put(path, Node::File(number)),
                    None => waiting.push((path, target)),
                }
            }
            if waiting.len() == before {
                break;
            }
        }
        let mut litter = std::mem::take(&mut self.litter);
        for (path, _) in waiting {
            litter.add(Passed::Dead, path.join("/"));
        }
        let mut walk = Walk {
            root: &self.root,
            images: BTreeMap::new(),
            litter,
            left: MOST_TIMES * (self.members + 1000),
        };
        // The folder that wraps everything may be called what it likes.
        let (mut top, mut folder) = (Path::new(), &self.root);
        while let (1, Some((name, Node::Folder(only)))) = (folder.len(), folder.iter().next()) {
            top.push(name.clone());
            folder = only;
        }
        let name = top.join("/");
        walk.folder(folder, &name, &mut vec![top], false)?;
        Ok((walk.images, walk.litter))
    }

    fn put(&mut self, path: Path, node: Node) {
        let Some((last, folders)) = path.split_last() else {
            return;
        };
        let mut at = &mut self.root;
        for part in folders {
            let entry = at
                .entry(part.clone())
                .or_insert(Node::Folder(Folder::new()));
            if !matches!(entry, Node::Folder(_)) {
                *entry = Node::Folder(Folder::new());
            }
            let Node::Folder(next) = entry else { return };
            at = next;
        }
        at.insert(last.clone(), node);
    }

    /// The content of what a hard link names, which is a member's name.
    fn file(&self, path: &[String]) -> Option<u64> {
        let (last, folders) = path.split_last()?;
        match descend(&self.root, folders)?.get(last)? {
            Node::File(number) => Some(*number),
            Node::Symbolic(target) => match follow(&self.root, folders, target, &mut 0) {
                Ok(Target::File(number)) => Some(number),
                _ => None,
            },
            Node::Folder(_) => None,
        }
    }
}

struct Walk<'a> {
    root: &'a Folder,
    images: BTreeMap<String, u64>,
    litter: Litter,
    /// What may still be seen by way of links to folders.
    left: usize,
}

impl<'a> Walk<'a> {
    /// The images below a folder that is called `name` here. `above` is where it and those around it really are.
    fn folder(
        &mut self,
        folder: &'a Folder,
        name: &str,
        above: &mut Vec<Path>,
        by_link: bool,
    ) -> Result<(), String> {
        if above.len() > MOST_DEPTH {
            self.litter.add(Passed::Deep, name.to_string());
            return Ok(());
        }
        let here = above.last().cloned().unwrap_or_default();
        for (part, node) in folder {
            let name = match name {
                "" => part.clone(),
                name => format!("{name}/{part}"),
            };
            match node {
                Node::File(number) => self.file(name, *number, by_link)?,
                Node::Folder(inner) => {
                    let mut real = here.clone();
                    real.push(part.clone());
                    self.enter(inner, real, name, part, above, by_link)?;
                }
                Node::Symbolic(target) => match follow(self.root, &here, target, &mut 0) {
                    Ok(Target::File(number)) => self.file(name, number, by_link)?,
                    Ok(Target::Folder(real, _)) if leads_back(&real, above) => {
                        self.litter.add(Passed::Loop, name);
                    }
                    Ok(Target::Folder(real, inner)) => {
                        self.enter(inner, real, name, part, above, true)?;
                    }
                    Err(why) => self.litter.add(why, name),
                },
            }
        }
        Ok(())
    }

    fn enter(
        &mut self,
        inner: &'a Folder,
        real: Path,
        name: String,
        part: &str,
        above: &mut Vec<Path>,
        by_link: bool,
    ) -> Result<(), String> {
        if is_system(part) {
            self.litter.add(Passed::System, name);
            return Ok(());
        }
        self.see(by_link)?;
        above.push(real);
        self.folder(inner, &name, above, by_link)?;
        above.pop();
        Ok(())
    }

    fn see(&mut self, by_link: bool) -> Result<(), String> {
        self.left = self
            .left
            .checked_sub(usize::from(by_link))
            .ok_or("its links to folders lead to ever more folders")?;
        Ok(())
    }

    fn file(&mut self, name: String, number: u64, by_link: bool) -> Result<(), String> {
        self.see(by_link)?;
        match is_image(&name) {
            true => drop(self.images.insert(name, number)),
            false => self.litter.other(),
        }
        Ok(())
    }
}

/// What the path `target` means, seen from the folder `from`; every part of it may be a link again.
fn follow<'a>(
    root: &'a Folder,
    from: &[String],
    target: &[u8],
    hops: &mut usize,
) -> Result<Target<'a>, Passed> {
    if target.starts_with(b"/") {
        return Err(Passed::Outside);
    }
    *hops += 1;
    if *hops > MOST_HOPS {
        return Err(Passed::Dead);
    }
    let mut real = from.to_vec();
    let mut found = None;
    for part in target.split(|&b| b == b'/') {
        if found.is_some() {
            // A file has nothing below it.
            return Err(Passed::Dead);
        }
        match part {
            b"" | b"." => continue,
            b".." => {
                real.pop().ok_or(Passed::Outside)?;
                continue;
            }
            _ => {}
        }
        let part = printable(part);
        let folder = descend(root, &real).ok_or(Passed::Dead)?;
        match folder.get(&part).ok_or(Passed::Dead)? {
            Node::Folder(_) => real.push(part),
            Node::File(number) => found = Some(*number),
            Node::Symbolic(next) => match follow(root, &real, next, hops)? {
                Target::Folder(path, _) => real = path,
                Target::File(number) => found = Some(number),
            },
        }
    }
    match found {
        Some(number) => Ok(Target::File(number)),
        None => {
            let folder = descend(root, &real).ok_or(Passed::Dead)?;
            Ok(Target::Folder(real, folder))
        }
    }
}

/// A folder that is being walked already, or one that all of the walk lies in.
fn leads_back(real: &[String], above: &[Path]) -> bool {
    above.iter().any(|folder| folder == real)
        || above.first().is_some_and(|top| top.starts_with(real))
}

fn descend<'a>(root: &'a Folder, path: &[String]) -> Option<&'a Folder> {
    path.iter().try_fold(root, |at, part| match at.get(part)? {
        Node::Folder(next) => Some(next),
        _ => None,
    })
}

/// A member's name as a path from the archive's root, which nothing leads out of.
fn parts(name: &[u8]) -> Path {
    let mut path = Path::new();
    for part in name.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(path.pop()),
            part => path.push(printable(part)),
        }
    }
    path
}
