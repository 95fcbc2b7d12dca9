//! `train.monitor_every` and `train.stop_on`: the filter monitor's keys.

use serde::{Deserialize, Deserializer, Serialize};

/// Mini-batches between two looks where the spec does not say.
pub(super) const EVERY: u64 = 200;

/// What ends a training before its last epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopOn {
    /// A subset of a layer's filters has collapsed to a single mode; see [`crate::train::monitor`].
    FilterCollapse,
}

impl StopOn {
    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        match self {
            StopOn::FilterCollapse => "filter_collapse",
        }
    }
}

/// One reason or a list of them, as YAML writes both.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Reasons(pub Vec<StopOn>);

impl<'de> Deserialize<'de> for Reasons {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> serde::de::Visitor<'de> for V {
            type Value = Reasons;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("`filter_collapse`, or a list of such reasons")
            }
            fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Reasons, E> {
                use serde::de::IntoDeserializer;
                Ok(Reasons(vec![StopOn::deserialize(v.into_deserializer())?]))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> Result<Reasons, A::Error> {
                let mut reasons = Vec::new();
                while let Some(reason) = seq.next_element()? {
                    if !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                }
                Ok(Reasons(reasons))
            }
        }
        d.deserialize_any(V)
    }
}

/// For specs of before there was a monitor.
pub(super) fn every() -> u64 {
    EVERY
}

pub(super) fn is_default(every: &u64) -> bool {
    *every == EVERY
}

#[cfg(test)]
mod tests {
    use crate::spec::{StopOn, load, resolve};

    fn train(keys: &str) -> Result<crate::spec::TrainSpec, String> {
        let text = format!(
            "name: m\ndata: {{train: cifar10}}\nmodel: {{preset: svhn32}}\ntrain: {{{keys}}}\n"
        );
        let tree = load::parse(&text, "m.yaml").map_err(|e| e.to_string())?;
        resolve(&tree).map(|s| s.train).map_err(|e| e.to_string())
    }

    #[test]
    fn a_reason_stands_alone_or_in_a_list() {
        for keys in [
            "stop_on: filter_collapse",
            "stop_on: [filter_collapse, filter_collapse]",
        ] {
            assert_eq!(train(keys).unwrap().stop_on, [StopOn::FilterCollapse]);
        }
        assert!(train("epochs: 1").unwrap().stop_on.is_empty());
        assert_eq!(train("monitor_every: 7").unwrap().monitor_every, 7);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let error = |keys: &str| train(keys).unwrap_err();
        insta::assert_snapshot!(error("stop_on: collapse"), @"m.yaml:4:18: `train.stop_on`: is `collapse`; expected `filter_collapse`");
        insta::assert_snapshot!(error("stop_on: 3"), @"m.yaml:4:18: `train.stop_on`: is 3; expected `filter_collapse`, or a list of such reasons");
        insta::assert_snapshot!(error("monitor_every: 0, stop_on: filter_collapse"), @"m.yaml:4:36: `train.stop_on`: needs the filter monitor, which `train.monitor_every: 0` turns off");
        insta::assert_snapshot!(error("epochs: 3, keep: [4]"), @"m.yaml:4:26: `train.keep`: names epoch 4; expected 1 to 3, the epochs of `train.epochs`");
    }
}
