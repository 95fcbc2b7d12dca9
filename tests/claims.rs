//! The paper's statements, each held to constructed records: held, did not hold, not run.

#[path = "claims/place.rs"]
mod place;
#[path = "claims/verdicts.rs"]
mod verdicts;
#[path = "claims/words.rs"]
mod words;
