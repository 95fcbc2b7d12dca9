//! From a pickle's values to what they stand for: dictionaries, modules and tensors, by the few names of classes and functions that
//! PyTorch's files are made of. Nothing is called, and any other object is only named.

use std::collections::HashMap;

use super::contents::{Contents, DEEPEST, Key, LONGEST_KEY, MOST_TENSORS, Part, show};
use super::pickle::{Id, Instance, Pickle, Value};
use super::storage::stored;
use super::stored::Place;

/// Lists longer than this are records of a training, not of nets.
const LONGEST_LIST: usize = 64;
/// Entries looked at beside the pickle's own number: parts that are shared may be met more than once.
const SPARE: usize = 1 << 20;

const DICTIONARIES: [&str; 4] = [
    "collections.OrderedDict",
    "collections.defaultdict",
    "builtins.dict",
    "__builtin__.dict",
];

/// What an error of a file that names more than a net does says.
pub(super) const TOO_MUCH: &str =
    "its parts refer to each other so often that none can be told from another";

/// What the file holds, its storages lying at `places`.
///
/// # Errors
/// In words, for a pickle that refers to itself more than it could be walked through.
pub(super) fn contents(
    pickle: &Pickle,
    places: &HashMap<String, Place>,
) -> Result<Contents, &'static str> {
    let mut walk = Walk {
        pickle,
        places,
        left: 2 * pickle.len() + SPARE,
        tensors: 0,
        objects: false,
    };
    let root = match pickle.root() {
        Some(root) => walk.part(root, 0)?,
        None => Part::Other("nothing".into()),
    };
    Ok(Contents::new(root, walk.objects))
}

struct Walk<'a> {
    pickle: &'a Pickle,
    places: &'a HashMap<String, Place>,
    /// Entries that may still be looked at.
    left: usize,
    tensors: usize,
    objects: bool,
}

impl Walk<'_> {
    fn part(&mut self, id: Id, depth: usize) -> Result<Part, &'static str> {
        let pickle = self.pickle;
        let other = |what: &str| Ok(Part::Other(what.to_string()));
        match pickle.value(id) {
            Value::None => other("None"),
            Value::Bool(_) => other("true or false"),
            Value::Int(_) | Value::Large(_) | Value::Float => other("a number"),
            Value::Text(_) | Value::LongText => other("a text"),
            Value::Bytes => other("bytes"),
            Value::Unknown => other("an object"),
            Value::Global(_) => Ok(Part::Other(format!("the class {}", self.name(id)))),
            Value::Persistent(_) => other("numbers without a shape"),
            Value::Tuple(_) | Value::List(_) => self.list(id, depth),
            Value::Instance(_) => match pickle.instance(id) {
                Some(instance) => self.instance(instance, depth),
                None => other("an object"),
            },
        }
    }

    fn list(&mut self, id: Id, depth: usize) -> Result<Part, &'static str> {
        let items = self.pickle.items(id).unwrap_or_default();
        if items.len() <= LONGEST_LIST && depth < DEEPEST {
            let keyed = items.iter().enumerate().map(|(n, item)| {
                let key = Key {
                    text: n.to_string(),
                    number: true,
                };
                (Some(key), *item)
            });
            let entries = self.entries(keyed.collect(), depth)?;
            if entries.iter().any(|(_, p)| !matches!(p, Part::Other(_))) {
                return Ok(Part::Table(entries));
            }
        }
        let kind = match self.pickle.value(id) {
            Value::Tuple(_) => "tuple",
            _ => "list",
        };
        Ok(Part::Other(format!("a {kind} of {}", items.len())))
    }

    fn instance(&mut self, instance: &Instance, depth: usize) -> Result<Part, &'static str> {
        let Some(callable) = instance.callable else {
            return self.table(&instance.entries, depth);
        };
        let pickle = self.pickle;
        let args = instance.args.and_then(|args| pickle.items(args));
        let args = args.unwrap_or_default();
        // What stands in the archive for a class that is written with its source.
        let class = match pickle.value(callable) {
            Value::Persistent(id) => pickle.items(id).and_then(|i| pickle.global(*i.get(1)?)),
            _ => pickle.global(callable),
        };
        let class = class.unwrap_or_default();
        if DICTIONARIES.contains(&class) {
            // Python 2 gives an ordered dictionary its pairs as an argument.
            let pairs = args.first().and_then(|pairs| pickle.items(*pairs));
            let pairs = pairs.unwrap_or_default();
            self.spend(pairs.len())?;
            let pairs = pairs.iter().filter_map(|pair| match pickle.items(*pair) {
                Some([key, value]) => Some((*key, *value)),
                _ => None,
            });
            let all: Vec<_> = pairs.chain(instance.entries.iter().copied()).collect();
            return self.table(&all, depth);
        }
        match class {
            "torch._utils._rebuild_parameter"
            | "torch._utils._rebuild_parameter_with_state"
            | "torch.nn.parameter.Parameter"
                if depth < DEEPEST =>
            {
                match args.first() {
                    Some(data) => self.part(*data, depth + 1),
                    None => Ok(Part::Other("a parameter without numbers".into())),
                }
            }
            "torch._tensor._rebuild_from_type_v2" => {
                let inner = args.get(2).and_then(|inner| pickle.items(*inner));
                let function = args.first().and_then(|f| pickle.global(*f));
                self.tensor(function.unwrap_or_default(), inner.unwrap_or_default())
            }
            class if class.starts_with("torch._utils._rebuild") => self.tensor(class, args),
            class if class.starts_with("numpy.") => {
                self.count_tensor()?;
                Ok(Part::Unreadable("an array of NumPy".into()))
            }
            class => self.object(class, instance, depth),
        }
    }

    /// An object of a class that is not known: its attributes where they hold tensors, as those of a module do.
    fn object(
        &mut self,
        class: &str,
        instance: &Instance,
        depth: usize,
    ) -> Result<Part, &'static str> {
        self.objects = true;
        let pickle = self.pickle;
        let state = instance.state.and_then(|state| {
            // Attributes and slots.
            let first = pickle.items(state).and_then(|items| items.first());
            pickle.instance(*first.unwrap_or(&state))
        });
        let attributes = state.map_or(&[][..], |state| &state.entries);
        // A module's own dictionaries are no part of its tensors' names.
        let mut all = Vec::new();
        for (key, value) in attributes.iter().chain(&instance.entries) {
            self.spend(1)?;
            let inner = match pickle.text(*key) {
                Some("_parameters" | "_buffers" | "_modules") => pickle.instance(*value),
                _ => None,
            };
            match inner {
                Some(inner) => {
                    self.spend(inner.entries.len())?;
                    all.extend(&inner.entries);
                }
                None => all.push((*key, *value)),
            }
        }
        let table = self.table(&all, depth)?;
        match &table {
            Part::Table(entries) if entries.iter().all(|(_, p)| matches!(p, Part::Other(_))) => {
                let class = if class.is_empty() { "its own" } else { class };
                Ok(Part::Other(format!("an object of class {}", show(class))))
            }
            _ => Ok(table),
        }
    }

    fn table(&mut self, entries: &[(Id, Id)], depth: usize) -> Result<Part, &'static str> {
        if depth >= DEEPEST {
            return Ok(Part::Other("a dictionary".into()));
        }
        let keyed = entries.iter().map(|(key, value)| (self.key(*key), *value));
        let keyed = keyed.collect();
        Ok(Part::Table(self.entries(keyed, depth)?))
    }

    /// Every entry of the outermost dictionary, of others those that may hold tensors.
    fn entries(
        &mut self,
        keyed: Vec<(Option<Key>, Id)>,
        depth: usize,
    ) -> Result<Vec<(Key, Part)>, &'static str> {
        self.spend(keyed.len())?;
        let mut entries = Vec::new();
        for (key, value) in keyed {
            let part = self.part(value, depth + 1)?;
            match (key, part) {
                (Some(_), Part::Other(_)) if depth > 0 => {}
                (Some(key), part) => entries.push((key, part)),
                (None, _) => {}
            }
        }
        Ok(entries)
    }

    fn key(&self, id: Id) -> Option<Key> {
        let (text, number) = match (self.pickle.text(id), self.pickle.int(id)) {
            (Some(text), _) if text.len() <= LONGEST_KEY => (text.to_string(), false),
            (None, Some(number)) => (number.to_string(), true),
            _ => return None,
        };
        Some(Key { text, number })
    }

    fn tensor(&mut self, function: &str, args: &[Id]) -> Result<Part, &'static str> {
        self.count_tensor()?;
        let known = function.starts_with("torch._utils._rebuild_tensor");
        Ok(
            match known.then(|| stored(self.pickle, self.places, args)) {
                Some(Ok(stored)) => Part::Tensor(stored),
                Some(Err(why)) => Part::Unreadable(why.into()),
                None => {
                    let kind = function.rsplit("_rebuild_").next().unwrap_or_default();
                    Part::Unreadable(format!("a tensor of another kind ({})", show(kind)))
                }
            },
        )
    }

    fn count_tensor(&mut self) -> Result<(), &'static str> {
        self.tensors += 1;
        match self.tensors > MOST_TENSORS {
            true => Err(TOO_MUCH),
            false => Ok(()),
        }
    }

    fn spend(&mut self, entries: usize) -> Result<(), &'static str> {
        self.left = self.left.checked_sub(entries).ok_or(TOO_MUCH)?;
        Ok(())
    }

    fn name(&self, id: Id) -> String {
        show(self.pickle.global(id).unwrap_or_default())
    }
}
