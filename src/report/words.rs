//! Numbers and durations in the words that tables and pages use.

use crate::track::format::Status;

/// `0.828` as `82.8%`.
pub fn percent(fraction: f64) -> String {
    format!("{:.1}%", fraction * 100.0)
}

/// `0.0298` as `2.98%`: as the paper prints its errors.
pub fn hundredths(fraction: f64) -> String {
    format!("{:.2}%", fraction * 100.0)
}

/// `0.738` and `0.004` as the paper prints them: `73.8% (±0.4%)`.
pub fn percent_with(fraction: f64, interval: Option<f64>) -> String {
    match interval {
        Some(i) => format!("{} (±{})", percent(fraction), percent(i)),
        None => percent(fraction),
    }
}

/// A difference of two fractions as points of a percent, such as `5.6`.
pub fn points(fraction: f64) -> String {
    format!("{:.1}", fraction * 100.0)
}

/// `50000` as `50,000`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 epoch`, `2.5 epochs`.
pub fn count(n: f64, what: &str) -> String {
    let plural = if n == 1.0 { "" } else { "s" };
    format!("{} {what}{plural}", trimmed(n))
}

/// At most two decimals, none that are zero.
pub fn trimmed(n: f64) -> String {
    let text = format!("{n:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// Seconds as `45 s`, `12 min 5 s`, `3 h 20 min`.
pub fn duration(seconds: f64) -> String {
    let s = seconds.max(0.0).round() as u64;
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

/// Bytes as MiB or GiB.
pub fn bytes(n: u64) -> String {
    let mib = n as f64 / f64::from(1u32 << 20);
    if mib < 1024.0 {
        format!("{mib:.0} MiB")
    } else {
        format!("{:.1} GiB", mib / 1024.0)
    }
}

/// A trial's label without the paths of its parameters: `train.adam.beta1=0.5` as `beta1=0.5`.
///
/// Left as it is where two parameters would read the same.
pub fn short_label(label: &str) -> String {
    let parts: Vec<&str> = label
        .split(',')
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .collect();
    let short = |part: &str| match part.split_once('=') {
        Some((path, value)) => {
            let name = path.rsplit('.').next().unwrap_or(path);
            format!("{name}={value}")
        }
        None => part.to_string(),
    };
    let names: Vec<String> = parts.iter().map(|p| short(p)).collect();
    let keys: std::collections::BTreeSet<&str> =
        names.iter().filter_map(|n| n.split('=').next()).collect();
    match keys.len() == names.len() {
        true => names.join(", "),
        false => parts.join(", "),
    }
}

/// A trial's state in a word.
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Running => "running",
        Status::Stopped => "stopped",
        Status::Failed => "failed",
        Status::Finished => "finished",
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_the_paper() {
        assert_eq!(percent_with(0.738, Some(0.004)), "73.8% (±0.4%)");
        assert_eq!(percent_with(0.828, None), "82.8%");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(512), "512");
        assert_eq!(count(1.0, "epoch"), "1 epoch");
        assert_eq!(count(2.5, "epoch"), "2.5 epochs");
        assert_eq!(count(10.0, "epoch"), "10 epochs");
        assert_eq!(duration(725.2), "12 min 5 s");
        assert_eq!(duration(12_000.0), "3 h 20 min");
        assert_eq!(bytes(3 << 29), "1.5 GiB");
    }

    #[test]
    fn labels_lose_their_paths_but_not_their_meaning() {
        assert_eq!(
            short_label("seed=1,train.adam.beta1=0.5"),
            "seed=1, beta1=0.5"
        );
        assert_eq!(short_label("a.x=1,b.x=2"), "a.x=1, b.x=2");
        assert_eq!(short_label("3f0a9c1e"), "3f0a9c1e");
        assert_eq!(short_label(""), "");
    }
}
