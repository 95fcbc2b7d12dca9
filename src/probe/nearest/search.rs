//! The search: queries that stay, references that pass.

use rayon::prelude::*;

use super::error::NearestError;
use super::kernel::{Kernel, TILE};
use super::panel::{Neighbour, PANEL, Panel, Prepared, squared};

/// Largest image in bytes: with more, a squared distance could pass 2^31.
pub const MAX_COLUMNS: usize = (i32::MAX / (255 * 255)) as usize;
/// References made ready at once: 1.5 MB of MNIST, which stays in the shared cache.
const CHUNK: usize = 160 * TILE;

/// Exact k nearest neighbours of images among references that come piece by piece.
///
/// The result depends on the order of the references, where distances are equal, and on nothing else.
pub struct Nearest {
    panels: Vec<Panel>,
    queries: usize,
    columns: usize,
    k: usize,
    kernel: Kernel,
    references: u64,
}

impl Nearest {
    /// A search for the `k` nearest neighbours of `queries`, images of `columns` bytes one after the other.
    ///
    /// # Errors
    /// [`NearestError`]: no queries, no neighbours, bytes that do not make whole images, images larger than [`MAX_COLUMNS`].
    pub fn new(queries: &[u8], columns: usize, k: usize) -> Result<Self, NearestError> {
        if !(1..=MAX_COLUMNS).contains(&columns) {
            let max = MAX_COLUMNS;
            return Err(NearestError::Size { columns, max });
        }
        if k == 0 {
            return Err(NearestError::NoNeighbours);
        }
        if queries.is_empty() {
            return Err(NearestError::Empty("queries"));
        }
        whole("queries", queries.len(), columns)?;
        Ok(Nearest {
            panels: queries
                .par_chunks(columns * PANEL)
                .map(|queries| Panel::new(queries, columns, k))
                .collect(),
            queries: queries.len() / columns,
            columns,
            k,
            // One at least is always there.
            kernel: Kernel::available()
                .first()
                .copied()
                .unwrap_or(Kernel::Portable),
            references: 0,
        })
    }

    /// The same with another kernel: each must find the same.
    #[cfg(test)]
    pub(super) fn with(self, kernel: Kernel) -> Self {
        Nearest { kernel, ..self }
    }

    /// Look at more references, images as large as the queries, with a label each. They follow those before.
    ///
    /// # Errors
    /// [`NearestError`]: bytes that do not make whole images, or another number of labels.
    pub fn add(&mut self, references: &[u8], labels: &[u8]) -> Result<(), NearestError> {
        whole("references", references.len(), self.columns)?;
        check_labels("references", references.len() / self.columns, labels)?;
        let stride = self.columns.div_ceil(4);
        let (mut words, mut norms) = (Vec::new(), Vec::new());
        let pieces = references.chunks(self.columns * CHUNK);
        for (references, labels) in pieces.zip(labels.chunks(CHUNK)) {
            words.resize(labels.len() * stride, 0);
            norms.resize(labels.len(), 0);
            words
                .par_chunks_exact_mut(stride)
                .zip(&mut norms)
                .zip(references.par_chunks_exact(self.columns))
                .with_min_len(64)
                .for_each(|((words, norm), reference)| {
                    *norm = squared(reference);
                    for (to, from) in words.iter_mut().zip(reference.chunks(4)) {
                        let mut bytes = [0; 4];
                        bytes[..from.len()].copy_from_slice(from);
                        *to = u32::from_le_bytes(bytes) ^ 0x8080_8080;
                    }
                });
            let prepared = Prepared {
                words: &words,
                stride,
                norms: &norms,
                labels,
                first: self.references,
            };
            let kernel = self.kernel;
            self.panels
                .par_iter_mut()
                .for_each(|panel| panel.add(kernel, &prepared));
            self.references += labels.len() as u64;
        }
        Ok(())
    }

    /// Number of references so far.
    pub fn references(&self) -> u64 {
        self.references
    }

    /// Number of queries.
    pub fn queries(&self) -> usize {
        self.queries
    }

    /// Neighbours that are looked for.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The nearest references of a query so far, nearest first and of equally near ones the earliest first: `k` of them, or as many as
    /// there were.
    ///
    /// # Panics
    /// Where there is no such query.
    pub fn neighbours(&self, query: usize) -> &[Neighbour] {
        let found = usize::try_from(self.references).map_or(self.k, |n| n.min(self.k));
        &self.panels[query / PANEL].best(query % PANEL)[..found]
    }

    /// A label for each query: the most frequent one among its neighbours, of equally frequent ones that whose nearest
    /// member is the nearest.
    ///
    /// # Errors
    /// [`NearestError::Empty`] before the first reference.
    pub fn classify(&self) -> Result<Vec<u8>, NearestError> {
        if self.references == 0 {
            return Err(NearestError::Empty("references"));
        }
        Ok((0..self.queries)
            .map(|q| vote(self.neighbours(q)))
            .collect())
    }

    /// How many queries get another label than their own.
    ///
    /// # Errors
    /// [`NearestError`]: another number of labels than of queries, or no reference yet.
    pub fn errors(&self, labels: &[u8]) -> Result<usize, NearestError> {
        check_labels("queries", self.queries, labels)?;
        let found = self.classify()?;
        Ok(found.iter().zip(labels).filter(|(a, b)| a != b).count())
    }

    /// Take over what a search with the same queries had found among its first `references`.
    pub(super) fn restore(&mut self, references: u64, best: &[Neighbour]) {
        for (query, best) in best.chunks_exact(self.k).take(self.queries).enumerate() {
            self.panels[query / PANEL].restore(query % PANEL, best.iter().copied());
        }
        self.references = references;
    }

    /// Everything that [`Nearest::restore`] wants.
    pub(super) fn all(&self) -> impl Iterator<Item = &Neighbour> {
        (0..self.queries).flat_map(|q| self.panels[q / PANEL].best(q % PANEL))
    }
}

fn vote(neighbours: &[Neighbour]) -> u8 {
    let count = |label: u8| neighbours.iter().filter(|n| n.label == label).count();
    let most = neighbours.iter().map(|n| count(n.label)).max();
    neighbours
        .iter()
        .find(|n| Some(count(n.label)) == most)
        .map_or(0, |n| n.label)
}

fn whole(what: &'static str, bytes: usize, columns: usize) -> Result<(), NearestError> {
    match bytes.is_multiple_of(columns) {
        true => Ok(()),
        false => Err(NearestError::Columns {
            what,
            bytes,
            columns,
        }),
    }
}

fn check_labels(what: &'static str, images: usize, labels: &[u8]) -> Result<(), NearestError> {
    match labels.len() == images {
        true => Ok(()),
        false => Err(NearestError::Labels {
            what,
            images,
            labels: labels.len(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the definition, one distance at a time.
    fn naive(
        queries: &[u8],
        references: &[u8],
        labels: &[u8],
        columns: usize,
        k: usize,
    ) -> Vec<Vec<Neighbour>> {
        queries
            .chunks(columns)
            .map(|q| {
                let mut all: Vec<Neighbour> = references
                    .chunks(columns)
                    .zip(labels)
                    .enumerate()
                    .map(|(i, (r, label))| Neighbour {
                        distance: q
                            .iter()
                            .zip(r)
                            .map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2))
                            .sum(),
                        reference: i as u64,
                        label: *label,
                    })
                    .collect();
                all.sort_by_key(|n| (n.distance, n.reference));
                all.truncate(k);
                all
            })
            .collect()
    }

    /// Few different values: many images come twice, many distances are equal.
    fn images(columns: usize, most: usize) -> impl Strategy<Value = Vec<u8>> {
        let pixel = prop_oneof![3 => Just(0u8), 1 => Just(255), 1 => Just(128), 1 => 126u8..130];
        (1..=most).prop_flat_map(move |n| prop::collection::vec(pixel.clone(), n * columns))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn finds_what_the_definition_finds(
            (columns, queries, references) in (1usize..11).prop_flat_map(|c| (Just(c), images(c, 70), images(c, 90))),
            k in 1usize..5,
            cut in 1usize..90,
            threads in 1usize..4,
        ) {
            let labels: Vec<u8> = (0..references.len() / columns).map(|i| (i * 7 % 10) as u8).collect();
            let expected = naive(&queries, &references, &labels, columns, k);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for kernel in Kernel::available() {
                let mut search = Nearest::new(&queries, columns, k).unwrap().with(kernel);
                pool.install(|| {
                    for (r, l) in references.chunks(cut * columns).zip(labels.chunks(cut)) {
                        search.add(r, l).unwrap();
                    }
                });
                for (query, expected) in expected.iter().enumerate() {
                    prop_assert_eq!(search.neighbours(query), &expected[..], "{:?}, query {}", kernel, query);
                }
            }
        }
    }

    #[test]
    fn the_largest_images_do_not_overflow() {
        let (black, white) = (vec![0; MAX_COLUMNS], vec![255; MAX_COLUMNS]);
        let furthest = MAX_COLUMNS as u32 * 255 * 255;
        for kernel in Kernel::available() {
            let both = [black.clone(), white.clone()].concat();
            let mut search = Nearest::new(&both, MAX_COLUMNS, 2).unwrap().with(kernel);
            search.add(&both, &[0, 1]).unwrap();
            for query in 0..2 {
                let found = search.neighbours(query);
                assert_eq!((found[0].distance, found[1].distance), (0, furthest));
                assert_eq!(found[0].reference, query as u64);
            }
        }
    }

    #[test]
    fn a_tie_of_votes_goes_to_the_nearest() {
        // Distances 1, 4, 9, 16 with labels 5, 3, 3, 5: two votes each.
        let mut search = Nearest::new(&[10], 1, 4).unwrap();
        search.add(&[14, 13, 12, 11], &[5, 3, 3, 5]).unwrap();
        assert_eq!(search.classify().unwrap(), [5]);
        assert_eq!(search.errors(&[5]).unwrap(), 0);
        let mut search = Nearest::new(&[10], 1, 3).unwrap();
        search.add(&[14, 13, 12, 11], &[5, 3, 3, 5]).unwrap();
        assert_eq!(search.classify().unwrap(), [3]);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let said = |e: NearestError| e.to_string();
        let e = |queries: &[u8], columns, k| said(Nearest::new(queries, columns, k).err().unwrap());
        insta::assert_snapshot!(e(&[1, 2, 3], 2, 1), @"3 bytes of queries do not make whole images of 2 bytes each; both sides of a nearest-neighbour search must have images of one size and one number of channels");
        insta::assert_snapshot!(e(&[], 2, 1), @"the nearest-neighbour search has no queries, expected at least one image");
        insta::assert_snapshot!(e(&[1], 1, 0), @"a vote of 0 neighbours is asked for; expected 1 or more");
        insta::assert_snapshot!(e(&[1], 40_000, 1), @"images of 40000 bytes are too large for the nearest-neighbour search, expected 1 to 33025; use smaller ones");
        let mut search = Nearest::new(&[1, 2], 2, 1).unwrap();
        insta::assert_snapshot!(said(search.classify().unwrap_err()), @"the nearest-neighbour search has no references, expected at least one image");
        insta::assert_snapshot!(said(search.add(&[1, 2, 3, 4], &[1]).unwrap_err()), @"2 references come with 1 labels, expected one label an image");
        search.add(&[1, 2], &[1]).unwrap();
        insta::assert_snapshot!(said(search.errors(&[1, 2]).unwrap_err()), @"1 queries come with 2 labels, expected one label an image");
    }
}
