//! Nearest neighbours of real digits, against numbers of NumPy's in double precision.

use dcgan::data::Dataset;
use dcgan::probe::nearest::Nearest;

use crate::needs::{self, Need};

/// 2,000 training images as references: 127 of the first 1,000 test images are answered wrong, and 70 of those from 5,000 on; with five
/// neighbours 129 and 88.
#[test]
fn real_digits_get_the_answers_of_a_brute_force_search() {
    let name = "real_digits_get_the_answers_of_a_brute_force_search";
    let Some((train, test)) = needs::grey28(name, Need::Mnist) else {
        return;
    };
    let part = |set: &Dataset, from: usize, count: usize| {
        let part = set
            .subset(&(from..from + count).collect::<Vec<_>>())
            .unwrap();
        (part.images.pixels, part.labels.unwrap())
    };
    let (references, labels) = part(&train, 0, 2000);
    for (from, expected) in [(0, [127, 129]), (5000, [70, 88])] {
        let (queries, truth) = part(&test, from, 1000);
        for (k, expected) in [1, 5].into_iter().zip(expected) {
            let mut search = Nearest::new(&queries, test.images.stride(), k).unwrap();
            search.add(&references, &labels).unwrap();
            assert_eq!(
                search.errors(&truth).unwrap(),
                expected,
                "k = {k}, from {from}"
            );
        }
        if from == 0 {
            let mut search = Nearest::new(&queries, test.images.stride(), 1).unwrap();
            search.add(&references, &labels).unwrap();
            let distances = [0, 1, 2].map(|i| search.neighbours(i)[0].distance);
            assert_eq!(distances, [1_200_908, 2_416_219, 299_316]);
        }
    }
}
