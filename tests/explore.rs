//! Figures 4 to 8 and the numbered sheet through the real binary: drawn, drawn again, and refused.

#[path = "explore/chosen.rs"]
mod chosen;
#[path = "explore/drop.rs"]
mod drop;
#[path = "explore/errors.rs"]
mod errors;
mod needs;
#[path = "explore/place.rs"]
mod place;
#[path = "explore/records.rs"]
mod records;
#[path = "explore/released.rs"]
mod released;
