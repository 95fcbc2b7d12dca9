//! Held to files that Python's own `pickle` and `zipfile` wrote (tests/fixtures/checkpoints.py), and to damaged and hostile ones.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use candle_core::{Device, Tensor};
use proptest::prelude::*;
use serde::Deserialize;

use super::pickle::{self, Cursor, Id, Pickle, Value};
use super::{StateDict, StateDictError, Wanted, read};

#[derive(Deserialize)]
struct Fixtures {
    nets: BTreeMap<char, Net>,
    files: Vec<Saved>,
    pickles: Vec<Pickled>,
}

/// Shapes and values of tensors by name.
type Net = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

#[derive(Deserialize)]
struct Saved {
    name: String,
    /// Letters of the nets in it, or parts of the error, between bars.
    expected: String,
    file: String,
}

#[derive(Deserialize)]
struct Pickled {
    protocol: u8,
    repr: String,
    pickle: String,
}

const DISCRIMINATOR: Wanted = Wanted {
    what: "a discriminator",
    first: "main.0.weight",
    has: "main.2.weight",
    lacks: "main.1.weight",
    called: &["netd", "discriminator"],
};
const GENERATOR: Wanted = Wanted {
    what: "a generator",
    first: "main.0.weight",
    has: "main.1.weight",
    lacks: "main.2.weight",
    called: &["netg", "generator"],
};

fn fixtures() -> Fixtures {
    serde_json::from_str(include_str!("../../../tests/fixtures/checkpoints.json")).unwrap()
}

fn bytes(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).unwrap()
}

fn read_bytes(bytes: &[u8], wanted: &Wanted) -> Result<StateDict, StateDictError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.pth");
    std::fs::write(&path, bytes).unwrap();
    read(&path, wanted)
}

fn fault(bytes: &[u8]) -> String {
    read_bytes(bytes, &DISCRIMINATOR).unwrap_err().to_string()
}

#[test]
fn every_form_in_which_people_save_nets_has_the_same_numbers() {
    let all = fixtures();
    let mut read = 0;
    for saved in &all.files {
        let file = bytes(&saved.file);
        for (letter, net) in &all.nets {
            if saved.expected.len() > 2 || !saved.expected.contains(*letter) {
                continue;
            }
            let wanted = if *letter == 'D' {
                DISCRIMINATOR
            } else {
                GENERATOR
            };
            let found = read_bytes(&file, &wanted);
            let found = found
                .unwrap_or_else(|e| panic!("{}: {e}", saved.name))
                .tensors;
            assert!(
                found.keys().eq(net.keys()),
                "{}: {:?}",
                saved.name,
                found.keys()
            );
            for (name, (shape, values)) in net {
                assert_eq!(found[name].dims(), shape, "{}: {name}", saved.name);
                let numbers: Vec<f32> = found[name].flatten_all().unwrap().to_vec1().unwrap();
                assert_eq!(&numbers, values, "{}: {name}", saved.name);
            }
            read += 1;
        }
    }
    assert_eq!(read, 35);
}

#[test]
fn the_older_format_as_pytorch_itself_wrote_it() {
    let whole = Wanted {
        first: "a",
        ..DISCRIMINATOR
    };
    let plain = read_bytes(
        include_bytes!("../../../tests/fixtures/small-legacy.pth"),
        &whole,
    );
    let plain = plain.unwrap().tensors;
    assert_eq!(plain.len(), 3);
    assert_eq!(plain["a"].dims(), [3, 2]);
    let b: Vec<f32> = plain["b.bias"].to_vec1().unwrap();
    assert!(b.len() == 5 && b.iter().all(|v| v.abs() <= 0.2 && *v != 0.0));
    assert_eq!(plain["n"].to_scalar::<f32>().unwrap(), 7.0);
    let wrapped = read_bytes(
        include_bytes!("../../../tests/fixtures/small-legacy-wrapped.pth"),
        &whole,
    );
    for (name, tensor) in wrapped.unwrap().tensors {
        assert_eq!(tensor.to_string(), plain[&name].to_string());
    }
}

#[test]
fn what_cannot_be_read_is_told_with_what_it_holds_and_what_to_type() {
    let mut faults = 0;
    for saved in fixtures().files.iter().filter(|s| s.expected.len() > 2) {
        let text = fault(&bytes(&saved.file));
        for part in saved.expected.split('|') {
            assert!(text.contains(part), "{}: {text}", saved.name);
        }
        // The file is whole.
        assert!(!text.contains("get the file again"), "{text}");
        faults += 1;
    }
    assert_eq!(faults, 9);
}

#[test]
fn a_cut_file_is_called_cut_and_a_changed_number_is_noticed() {
    let all = fixtures();
    let of = |name: &str| bytes(&all.files.iter().find(|s| s.name == name).unwrap().file);
    for name in ["zip, protocol 2", "older, protocol 2", "older, protocol 5"] {
        let whole = of(name);
        for end in (40..whole.len()).step_by(7) {
            let text = fault(&whole[..end]);
            assert!(text.contains("get the file again"), "{name}, {end}: {text}");
        }
    }
    let whole = flat(&all.nets[&'D']);
    assert_eq!(read_bytes(&whole, &DISCRIMINATOR).unwrap().tensors.len(), 7);
    for end in (9..whole.len()).step_by(7) {
        let text = fault(&whole[..end]);
        assert!(text.contains("get the file again"), "{end}: {text}");
    }
    let mut file = of("zip, protocol 2");
    let number = 1.125f32.to_le_bytes();
    let at = file.windows(4).position(|w| w == number).unwrap();
    file[at] ^= 1;
    assert!(fault(&file).contains("checksum"));
}

#[test]
fn plain_values_are_those_that_python_wrote() {
    for Pickled {
        protocol,
        repr,
        pickle,
    } in fixtures().pickles
    {
        let read = parse(&bytes(&pickle)).unwrap();
        let found = describe(&read, read.root().unwrap());
        assert_eq!(found, repr, "protocol {protocol}");
    }
}

/// The net as safetensors.
fn flat(net: &Net) -> Vec<u8> {
    let tensors = net.iter().map(|(name, (shape, values))| {
        let tensor = Tensor::from_vec(values.clone(), shape.as_slice(), &Device::Cpu);
        (name, tensor.unwrap())
    });
    safetensors::serialize(tensors, None).unwrap()
}

fn parse(bytes: &[u8]) -> Result<Pickle, pickle::PickleError> {
    pickle::read(&mut Cursor::new(bytes, bytes.len() as u64))
}

fn describe(p: &Pickle, id: Id) -> String {
    let all = |ids: &[Id]| -> String {
        let all: Vec<String> = ids.iter().map(|id| describe(p, *id)).collect();
        all.join(", ")
    };
    match p.value(id) {
        Value::None => "None".into(),
        Value::Bool(b) => if b { "True" } else { "False" }.into(),
        Value::Int(n) => n.to_string(),
        Value::Large(n) => format!("large {n}"),
        Value::Float => "float".into(),
        Value::Bytes => "bytes".into(),
        Value::Text(_) => format!("{:?}", p.text(id).unwrap()),
        Value::Tuple(_) => format!("({})", all(p.items(id).unwrap())),
        Value::List(_) => format!("[{}]", all(p.items(id).unwrap())),
        Value::Instance(_) => {
            let instance = p.instance(id).unwrap();
            let class = instance.callable.and_then(|c| p.global(c));
            let args = instance.args.and_then(|a| p.items(a));
            // Protocols before 3 have no bytes, those before 4 no sets.
            match (class.and_then(|c| c.rsplit('.').next()), args) {
                (Some("encode"), _) => return "bytes".into(),
                (Some("set" | "frozenset"), Some([items])) => return describe(p, *items),
                _ => {}
            }
            let entries = instance.entries.iter();
            let entries = entries.map(|(k, v)| format!("{}: {}", describe(p, *k), describe(p, *v)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

/// A pickle in an archive as `torch.save` writes one, with one storage of 16 bytes.
fn archive(pickle: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let plain =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in [("net/data.pkl", pickle), ("net/data/0", &[0; 16][..])] {
        out.start_file(name, plain).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// A pickle of `{"main.0.weight": tensor}` whose tensor has this shape and these strides.
fn one_tensor(shape: &[u64], stride: &[u64], offset: u64) -> Vec<u8> {
    let number = |n: u64| [&b"\x8a\x08"[..], &n.to_le_bytes()].concat();
    let tuple = |sides: &[u64]| {
        let sides: Vec<u8> = sides.iter().flat_map(|n| number(*n)).collect();
        [&b"("[..], &sides, b"t"].concat()
    };
    [
        b"\x80\x02}X\x0d\0\0\0main.0.weightctorch._utils\n_rebuild_tensor_v2\n((".as_slice(),
        b"X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x04tQ",
        &number(offset),
        &tuple(shape),
        &tuple(stride),
        b"\x89NtRs.",
    ]
    .concat()
}

#[test]
fn shapes_that_the_file_does_not_hold_are_refused() {
    let of = |shape: &[u64], stride: &[u64], offset| {
        read_bytes(&archive(&one_tensor(shape, stride, offset)), &DISCRIMINATOR)
    };
    assert_eq!(of(&[2, 2], &[2, 1], 0).unwrap().tensors.len(), 1);
    let tera = 1 << 40;
    for (shape, stride, offset) in [
        (&[tera][..], &[1][..], 0),
        (&[tera, 4], &[0, 1], 0),
        (&[u64::MAX >> 1, 4], &[0, 0], 0),
        (&[5], &[1], 0),
        (&[2, 2], &[3, 1], 0),
        (&[4], &[1], 1),
        (&[1], &[1], u64::MAX >> 1),
        (&[2], &[u64::MAX >> 1], 0),
        (&[4], &[1, 1], 0),
    ] {
        assert!(of(shape, stride, offset).is_err(), "{shape:?} {stride:?}");
    }
}

#[test]
fn what_refers_to_itself_or_is_nested_without_end_is_one_error() {
    // Each value twice in the next: 2^200 parts from 1,000 bytes; in tuples, in lists, in dictionaries.
    let tuples = b"\x86q\x01h\x01h\x01".repeat(200);
    let tuples = [b"\x80\x02))", tuples.as_slice(), b"\x86."].concat();
    let double = |open: &str| {
        let mut out = b"\x80\x02]q\0".to_vec();
        for n in 1..200u8 {
            match open {
                "list" => out.extend([b']', b'q', n, b'(', b'h', n - 1, b'h', n - 1, b'e']),
                _ => out.extend([
                    b'}',
                    b'q',
                    n,
                    b'(',
                    b'K',
                    0,
                    b'h',
                    n - 1,
                    b'K',
                    1,
                    b'h',
                    n - 1,
                    b'u',
                ]),
            }
        }
        out.push(b'.');
        out
    };
    // A list in itself, a dictionary in itself.
    let own = [&b"\x80\x02]q\0h\0a."[..], b"\x80\x02}q\0K\x01h\0s."];
    let deep = |open: &[u8]| [b"\x80\x02)", open.repeat(3_000_000).as_slice(), b"."].concat();
    let lists = [vec![b']'; 1_000_000], vec![b'a'; 999_999], vec![b'.']].concat();
    let tables = [
        b"}K\0".repeat(500_000),
        b"N".to_vec(),
        b"s".repeat(500_000),
        vec![b'.'],
    ]
    .concat();
    for pickle in [
        tuples,
        double("list"),
        double("dictionary"),
        own[0].to_vec(),
        own[1].to_vec(),
        deep(b"\x85"),
        lists,
        tables,
    ] {
        let text = fault(&archive(&pickle));
        assert!(text.len() < 1000 && text.contains("net.pth"), "{text}");
    }
    // More parts than are kept at all.
    let text = fault(&archive(&[&b"}".repeat(5_000_000)[..], b"."].concat()));
    assert!(text.contains("4194304 parts"), "{text}");
}

#[test]
fn a_length_past_the_end_allocates_nothing() {
    for pickle in [
        &b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f."[..],
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"\x80\x02X\xff\xff\xff\xff.",
        b"\x80\x02\x8b\xff\xff\xff\xff.",
        b"\x80\x02T\xff\xff\xff\xff.",
    ] {
        assert!(fault(&archive(pickle)).contains("it ends at byte"));
        assert!(parse(pickle).is_err());
    }
    let header = [&(1u64 << 60).to_le_bytes()[..], b"{}"].concat();
    assert!(fault(&header).contains("safetensors"));
    let shape = br#"{"main.0.weight":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}"#;
    let header = [&(shape.len() as u64).to_le_bytes()[..], shape].concat();
    assert!(fault(&header).contains("go on to byte"));
}

#[test]
fn other_files_are_named() {
    for (begin, words) in [
        (&b""[..], "empty"),
        (b"<!DOCTYPE html>", "web page"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "git lfs pull",
        ),
        (b"\x89HDF\r\n", "HDF5"),
        (b"hello hello hello", "safetensors"),
    ] {
        let text = fault(begin);
        assert!(text.contains(words), "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let e = read(folder.path(), &DISCRIMINATOR).unwrap_err();
    assert!(e.to_string().contains("not a file"), "{e}");
    let e = read(Path::new("absent.pth"), &DISCRIMINATOR).unwrap_err();
    assert!(e.to_string().contains("absent.pth"), "{e}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_the_pickle_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn no_change_of_a_real_file_makes_a_reader_panic(
        file in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        keep in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        thread_local! {
            static FILES: Vec<Vec<u8>> = {
                let all = fixtures();
                let pickled = all.files.iter().map(|s| bytes(&s.file));
                pickled.chain(all.nets.values().map(flat)).collect()
            };
        }
        let mut bytes = FILES.with(|files| file.get(files).clone());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if !keep {
            bytes.truncate(cut.index(bytes.len()));
        }
        for wanted in [DISCRIMINATOR, GENERATOR] {
            if let Err(e) = read_bytes(&bytes, &wanted) {
                prop_assert!(e.to_string().contains("net.pth"));
            }
        }
    }
}
