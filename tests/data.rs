//! The data room from outside: cards to images, over a real connection and on real CIFAR-10.

#[path = "data/faults.rs"]
mod faults;
#[path = "data/fetch.rs"]
mod fetching;
#[path = "data/files.rs"]
mod files;
mod needs;
#[path = "data/server.rs"]
mod server;
#[path = "data/tiny.rs"]
mod tiny;

use dcgan::data::{Card, Dataset, Store, Verdict, Want, fetch, open, split_validation, verify};
use dcgan::track::progress::Silent;
use rand::SeedableRng;

use needs::Need;
use tiny::{Watch, card, store};

/// A store that holds the tiny set already.
fn filled() -> (tempfile::TempDir, Store, Card) {
    let (dir, store) = store();
    let card = card(&[]);
    for (name, bytes) in tiny::files() {
        tiny::write(&store.path(&card, name), &bytes);
    }
    (dir, store, card)
}

#[test]
fn a_split_is_read_as_its_card_says() {
    let (_dir, store, card) = filled();
    let test = open(&card, "test", &Want::STORED, &store, &Silent).unwrap();
    let (_, bytes) = &tiny::files()[1];
    assert_eq!(
        (test.images.n, test.images.c, test.images.h, test.images.w),
        (1000, 3, 4, 4)
    );
    assert_eq!(test.images.image(999), &bytes[999 * 49 + 1..]);
    assert_eq!(test.labels.as_ref().unwrap()[..5], [0, 1, 2, 3, 0]);
    assert_eq!(test.classes, ["ant", "bee", "cow", "dog"]);
    assert_eq!(test.fingerprint, card.fingerprint());
    let few = test.subset(&[7, 2]).unwrap();
    assert_eq!((few.images.n, few.labels.unwrap()), (2, vec![3, 2]));
    assert_eq!(test.fit(2).unwrap().images.pixels.len(), 1000 * 3 * 2 * 2);
}

#[test]
fn an_unknown_split_lists_the_known() {
    let (_dir, store, card) = filled();
    let e = open(&card, "valid", &Want::STORED, &store, &Silent).unwrap_err();
    insta::assert_snapshot!(e, @"data set `tiny` has no split `valid`; it has test, train");
}

#[test]
fn an_unchanged_file_is_hashed_once_and_a_changed_one_is_found() {
    let (_dir, store, card) = filled();
    let bars = || {
        let watch = Watch::new();
        let result = open(&card, "train", &Want::STORED, &store, &watch);
        (watch.bars(), result)
    };
    assert_eq!(bars().0, ["verifying Tiny", "reading Tiny"]);
    assert_eq!(bars().0, ["reading Tiny"], "nothing changed since");

    let path = store.path(&card, "a.bin");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    // Clocks of file systems are coarse, and this test is quick.
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(1);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(later).unwrap();
    let (bars, result) = bars();
    assert_eq!(bars[0], "verifying Tiny", "the time of change is another");
    let text = result
        .unwrap_err()
        .to_string()
        .replace(&store.root().display().to_string(), "ROOT");
    insta::assert_snapshot!(text, @r#"
Tiny is not complete in `ROOT/tiny`, and its card names no source to fetch it from.
Run the same command again with a network, or put these files into that folder:
  a.bin (98000 bytes, SHA-256 facf8e26dd8b637ac981a9e6f7a2ad1c6664600aff82117f04c863f926cb7d71): damaged, has SHA-256 79ece1a3744d1de5dc034ae1d14380b8b7f41ccc3249abf61c08f6babf85c6e7
Another place for data sets is chosen with --data-dir or DCGAN_DATA.
"#);
}

#[test]
fn verifying_looks_inside_every_file() {
    let (_dir, store, card) = filled();
    let verdicts = || -> Vec<Verdict> {
        verify(&card, &store, &Silent)
            .unwrap()
            .into_iter()
            .map(|(_, v)| v)
            .collect()
    };
    assert_eq!(verdicts(), [Verdict::Ok, Verdict::Ok]);
    // Changed behind the clock's back: only hashing finds it.
    let path = store.path(&card, "b.bin");
    let time = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(time)
        .unwrap();
    assert!(matches!(&verdicts()[1], Verdict::WrongHash(h) if h.digits().len() == 64));
    std::fs::write(&path, b"short").unwrap();
    std::fs::remove_file(store.path(&card, "a.bin")).unwrap();
    assert_eq!(verdicts(), [Verdict::Missing, Verdict::WrongSize(5)]);
    let presence = store.presence(&card);
    assert_eq!(
        (presence.files, presence.of_files, presence.bytes),
        (0, 2, 0)
    );
}

#[test]
fn a_damaged_file_is_fetched_again() {
    let server = server::Server::start(server::Conduct::good(&tiny::archive(&tiny::files())));
    let (_dir, store, _) = filled();
    let card = card(&[&server.url]);
    std::fs::write(store.path(&card, "b.bin"), b"short").unwrap();
    let watch = Watch::new();
    let report = fetch(&card, &store, &watch).unwrap();
    assert_eq!(report.present, ["a.bin"]);
    assert_eq!(report.fetched[0].0, "b.bin");
    assert!(
        watch
            .notes()
            .contains("damaged, has 5 bytes; fetching it again"),
        "{}",
        watch.notes()
    );
}

#[test]
fn a_card_that_miscounts_is_told() {
    let (_dir, store, mut card) = filled();
    card.splits.get_mut("test").unwrap().images = 999;
    let e = open(&card, "test", &Want::STORED, &store, &Silent).unwrap_err();
    insta::assert_snapshot!(e, @"split `test` of `tiny` has 1000 images in its files, but the card says 999; correct the card's `images`");
}

/// Real CIFAR-10, fetched if need be.
#[test]
fn cifar10_is_the_official_set() {
    let Some((card, store)) = needs::cifar10("cifar10_is_the_official_set") else {
        return;
    };
    let train = open(&card, "train", &Want::STORED, &store, &Silent).unwrap();
    let test = open(&card, "test", &Want::STORED, &store, &Silent).unwrap();
    for (split, n, per_class) in [(&train, 50_000, 5000), (&test, 10_000, 1000)] {
        assert_eq!((split.images.n, split.images.stride()), (n, 3072));
        let labels = split.labels.as_ref().unwrap();
        for class in 0..10 {
            assert_eq!(labels.iter().filter(|&&l| l == class).count(), per_class);
        }
    }
    let all_ok = verify(&card, &store, &Silent)
        .unwrap()
        .iter()
        .all(|(_, v)| *v == Verdict::Ok);
    assert!(all_ok, "size and SHA-256 of every file");
    // Widely known statistics of the training images: means of the channels 0.4914, 0.4822, 0.4465.
    for (channel, expected) in [0.4914, 0.4822, 0.4465].into_iter().enumerate() {
        let sum: u64 = (0..train.images.n)
            .flat_map(|i| &train.images.image(i)[channel * 1024..][..1024])
            .map(|&p| u64::from(p))
            .sum();
        let mean = sum as f64 / (50_000.0 * 1024.0 * 255.0);
        assert!((mean - expected).abs() < 1e-4, "channel {channel}: {mean}");
    }
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    let (kept, held) =
        split_validation(train.labels.as_ref().unwrap(), 10, 5000, &mut rng).unwrap();
    assert_eq!((kept.len(), held.len()), (45_000, 5000));
}

/// Real MNIST, fetched if need be.
#[test]
fn mnist_is_the_official_set() {
    let name = "mnist_is_the_official_set";
    let Some((train, test)) = needs::grey28(name, Need::Mnist) else {
        return;
    };
    are_70_000([&train, &test]);
    // As every description of the files has it.
    let labels = train.labels.as_ref().unwrap();
    assert_eq!(labels[..10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    let count = |digit: u8| labels.iter().filter(|&&l| l == digit).count();
    let counts: Vec<usize> = (0..10).map(count).collect();
    assert_eq!(
        counts,
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    assert_eq!(test.labels.as_ref().unwrap()[..5], [7, 2, 1, 0, 4]);
    // Widely known mean of the training images: 0.1307.
    let sum: u64 = train.images.pixels.iter().map(|&p| u64::from(p)).sum();
    let mean = sum as f64 / (60_000.0 * 784.0 * 255.0);
    assert!((mean - 0.1307).abs() < 1e-4, "{mean}");
}

/// Real Fashion-MNIST, fetched if need be.
#[test]
fn fashion_mnist_is_the_official_set() {
    let name = "fashion_mnist_is_the_official_set";
    let Some((train, test)) = needs::grey28(name, Need::FashionMnist) else {
        return;
    };
    are_70_000([&train, &test]);
    for (set, per_class) in [(&train, 6000), (&test, 1000)] {
        let labels = set.labels.as_ref().unwrap();
        for class in 0..10 {
            assert_eq!(labels.iter().filter(|&&l| l == class).count(), per_class);
        }
    }
    assert_eq!(train.labels.unwrap()[0], 9, "an ankle boot comes first");
    let sum: u64 = train.images.pixels.iter().map(|&p| u64::from(p)).sum();
    let mean = sum as f64 / (60_000.0 * 784.0 * 255.0);
    assert!((mean - 0.2860).abs() < 1e-4, "{mean}");
}

/// 70,000 grey images of 28x28.
fn are_70_000(splits: [&Dataset; 2]) {
    for (set, n) in splits.into_iter().zip([60_000, 10_000]) {
        let images = &set.images;
        assert_eq!((images.n, images.c, images.h, images.w), (n, 1, 28, 28));
    }
}
