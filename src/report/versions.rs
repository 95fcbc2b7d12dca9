//! Which versions of training and of a protocol made a number: numbers of two versions are never averaged, nor compared
//! in a sentence, and a table that holds rows of two says so.

use std::collections::BTreeSet;

use super::collect::Trial;
use super::words;
use crate::track::format::Features;

/// What made a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Of the nets' training; `None` where no net has a part in it.
    pub training: Option<u32>,
    /// Of the protocol that measured it.
    pub protocol: u32,
}

impl Version {
    /// Of a number that was measured on a trial's nets.
    pub fn of(trial: &Trial, protocol: u32) -> Version {
        Version {
            training: Some(trial.run.training),
            protocol,
        }
    }

    /// Of a number that was measured on such features of a trial.
    pub fn of_features(trial: &Trial, features: Features, protocol: u32) -> Version {
        let net = matches!(features, Features::Trained | Features::Untrained);
        Version {
            training: net.then_some(trial.run.training),
            protocol,
        }
    }
}

/// The versions of the rows of a table.
#[derive(Debug)]
pub struct Versions(BTreeSet<Version>);

impl Versions {
    /// Of these rows; the paper's have none.
    pub fn of(rows: impl Iterator<Item = Option<Version>>) -> Versions {
        Versions(rows.flatten().collect())
    }

    fn trainings(&self) -> BTreeSet<u32> {
        self.0.iter().filter_map(|v| v.training).collect()
    }

    fn protocols(&self) -> BTreeSet<u32> {
        self.0.iter().map(|v| v.protocol).collect()
    }

    /// What the name of a row says of its version, in brackets after a space: nothing where it is the newest here.
    pub fn sign(&self, version: Option<Version>) -> String {
        match version.and_then(|version| self.older(version)) {
            Some(older) => format!(" [{older}]"),
            None => String::new(),
        }
    }

    /// In what a version is older than the newest here, such as `training version 1`.
    pub fn older(&self, version: Version) -> Option<String> {
        let older = |found: Option<u32>, all: BTreeSet<u32>, what: &str| {
            found
                .filter(|v| all.last().is_some_and(|newest| v < newest))
                .map(|v| format!("{what} version {v}"))
        };
        let parts: Vec<String> = [
            older(version.training, self.trainings(), "training"),
            older(Some(version.protocol), self.protocols(), "protocol"),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The sentence below a table of several versions.
    pub fn remark(&self) -> Option<String> {
        let several = |all: BTreeSet<u32>, what: &str| {
            let newest = all.last().filter(|_| all.len() > 1)?;
            Some(format!("{newest} of the {what}"))
        };
        let newest: Vec<String> = [
            several(self.trainings(), "training"),
            several(self.protocols(), "protocol"),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!newest.is_empty()).then(|| {
            format!(
                "Rows with a version in brackets were made by an earlier version of this program than the newest here \
                 (version {}). A change between them makes their numbers incomparable: no mean is taken over two versions.",
                words::list(&newest)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(training: Option<u32>, protocol: u32) -> Option<Version> {
        Some(Version { training, protocol })
    }

    #[test]
    fn only_rows_older_than_the_newest_are_signed() {
        let rows = [
            version(Some(1), 1),
            version(Some(2), 1),
            version(None, 1),
            None,
        ];
        let versions = Versions::of(rows.into_iter());
        let signs: Vec<String> = rows.iter().map(|v| versions.sign(*v)).collect();
        assert_eq!(signs, [" [training version 1]", "", "", ""]);
        assert!(
            versions
                .remark()
                .unwrap()
                .contains("(version 2 of the training)")
        );
        let both = Versions::of([version(Some(1), 1), version(Some(2), 3)].into_iter());
        assert_eq!(
            both.sign(version(Some(1), 1)),
            " [training version 1, protocol version 1]"
        );
        assert!(
            both.remark()
                .unwrap()
                .contains("2 of the training and 3 of the protocol")
        );
    }

    #[test]
    fn rows_of_one_version_say_nothing_of_it() {
        let rows = [version(Some(1), 1), None, version(None, 1)];
        let versions = Versions::of(rows.into_iter());
        assert_eq!(versions.remark(), None);
        assert!(rows.iter().all(|v| versions.sign(*v).is_empty()));
    }
}
