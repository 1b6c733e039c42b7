//! A configuration file is refused in a sentence, with the exit code of usage or of a file, or describes a grid.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(error) = specdyn::cli::understand(text) {
        assert!([0, 64, 65].contains(&error.code()), "{error}");
        assert!(!error.to_string().is_empty());
    }
});
