use serde_json::{Map, Value, json};

/// Where numbers come from: all that is needed to compute them again. Never a wall-clock time.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// Every option of the run, defaults included, as a JSON object.
    pub configuration: Value,
    /// Seed of the random numbers, where there are any.
    pub seed: Option<u64>,
    /// Scalar type of the computation, such as `f64`.
    pub scalar: String,
    /// Number of threads. The results do not depend on it.
    pub threads: usize,
}

impl Provenance {
    /// Version of this package.
    pub const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    /// Commit that was checked out when the package was built, where the build could know it.
    pub const COMMIT: Option<&'static str> = option_env!("SPECDYN_BUILD_COMMIT");

    /// Target triple of the build.
    pub const TARGET: &'static str = env!("SPECDYN_TARGET");

    /// Provenance of a run on one thread, in double precision, without random numbers.
    pub fn new(configuration: Value) -> Self {
        Self { configuration, seed: None, scalar: "f64".to_owned(), threads: 1 }
    }

    /// The configuration as one line of JSON without spaces, the keys of every object in order: equal configurations
    /// are equal byte for byte.
    pub fn canonical_configuration(&self) -> String {
        sorted(&self.configuration).to_string()
    }

    /// SHA-256 of [`Provenance::canonical_configuration`], in hexadecimal.
    pub fn configuration_hash(&self) -> String {
        let digest = hmac_sha256::Hash::hash(self.canonical_configuration().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Everything as one JSON object.
    pub fn to_json(&self) -> Value {
        json!({
            "program": env!("CARGO_PKG_NAME"),
            "version": Self::VERSION,
            "commit": Self::COMMIT,
            "target": Self::TARGET,
            "scalar": self.scalar,
            "threads": self.threads,
            "seed": self.seed,
            "configuration": sorted(&self.configuration),
            "configuration_sha256": self.configuration_hash(),
        })
    }
}

/// The same value with keys inserted in order: right whatever kind of map serde_json was built with.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            Value::Object(keys.into_iter().map(|key| (key.clone(), sorted(&map[key]))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_form_does_not_depend_on_the_order_of_options() {
        let one: Value = serde_json::from_str(r#"{"spike": 20.0, "dim": 100, "x": {"b": [1, 2], "a": 1e-3}}"#).unwrap();
        let two: Value =
            serde_json::from_str(r#"{"x": {"a": 0.001, "b": [1, 2]}, "dim": 100, "spike": 20.0}"#).unwrap();
        let canonical = r#"{"dim":100,"spike":20.0,"x":{"a":0.001,"b":[1,2]}}"#;
        assert_eq!(Provenance::new(one).canonical_configuration(), canonical);
        assert_eq!(Provenance::new(two).canonical_configuration(), canonical);
    }

    #[test]
    fn the_hash_is_sha_256_of_the_canonical_form() {
        // `printf '{}' | sha256sum`
        let expected = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(Provenance::new(json!({})).configuration_hash(), expected);
    }

    #[test]
    fn the_hash_covers_the_configuration_and_nothing_else() {
        let one = Provenance::new(json!({"dim": 100}));
        let two = Provenance { threads: 8, scalar: "interval".into(), ..one.clone() };
        assert_eq!(one.configuration_hash(), two.configuration_hash());
        assert_ne!(one.configuration_hash(), Provenance::new(json!({"dim": 101})).configuration_hash());
    }

    #[test]
    fn the_build_is_named() {
        let json = Provenance { seed: Some(u64::MAX), ..Provenance::new(json!({})) }.to_json();
        assert_eq!(json["seed"], u64::MAX);
        assert!(Provenance::TARGET.contains('-'));
        assert!(Provenance::COMMIT.is_none_or(|c| c.len() >= 7 && c.bytes().all(|b| b.is_ascii_hexdigit())));
    }
}
