//! Whole numbers in a range, as options of figures have them.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

/// A whole number from `MIN` to `MAX`: of any other a spec's error and the command line's say what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Within<const MIN: usize, const MAX: usize>(usize);

impl<const MIN: usize, const MAX: usize> Within<MIN, MAX> {
    pub fn get(self) -> usize {
        self.0
    }

    fn new(number: u64) -> Option<Self> {
        let number = usize::try_from(number).ok()?;
        (MIN..=MAX).contains(&number).then_some(Within(number))
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Within<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(d)?;
        let outside = || D::Error::custom(format!("is {number}; expected {MIN} to {MAX}"));
        Within::new(number).ok_or_else(outside)
    }
}

impl<const MIN: usize, const MAX: usize> FromStr for Within<MIN, MAX> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().and_then(Within::new);
        number.ok_or_else(|| format!("expected a whole number from {MIN} to {MAX}"))
    }
}

impl<const MIN: usize, const MAX: usize> fmt::Display for Within<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn specs_and_the_command_line_agree_on_every_number(n in 0u64..40) {
            let written: Result<Within<3, 20>, _> = serde_json::from_value(n.into());
            let typed = n.to_string().parse::<Within<3, 20>>();
            prop_assert_eq!(written.is_ok(), (3..=20).contains(&n));
            prop_assert_eq!(written.ok(), typed.ok());
        }
    }

    #[test]
    fn what_is_no_such_number_is_told() {
        let typed = |text: &str| text.parse::<Within<1, 5>>().unwrap_err();
        for text in ["6", "-1", "two", "", "1.5", "99999999999999999999999"] {
            assert_eq!(typed(text), "expected a whole number from 1 to 5");
        }
        let written = serde_json::from_str::<Within<1, 5>>("6").unwrap_err();
        assert_eq!(written.to_string(), "is 6; expected 1 to 5");
    }
}
