//! Axes, shards, refinements, spectra, data, starts and observables from the command line: refused, or kept as they were meant.
#![no_main]

use specdyn::observe::Observable;
use specdyn::simulation::Data;
use specdyn::spectrum::SpectrumSpec;
use specdyn::sweep::{Axis, Refinement, Shard};
use specdyn::weights::Start;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(axis) = text.parse::<Axis>() {
        assert_eq!(axis.to_string().parse::<Axis>().as_ref(), Ok(&axis), "what is printed is read again");
        if axis.count <= 300 {
            let values = axis.values();
            assert_eq!((values.len(), values[0], values[axis.count - 1]), (axis.count, axis.start, axis.stop));
        }
    }
    if let Ok(shard) = text.parse::<Shard>() {
        assert_eq!(shard.to_string().parse::<Shard>().as_ref(), Ok(&shard));
    }
    if let Ok(refinement) = Refinement::parse(text, 1.01) {
        assert!(refinement.levels <= Refinement::MAX_LEVELS);
    }
    match text.parse::<SpectrumSpec>() {
        Ok(SpectrumSpec::File(_)) | Err(_) => {}
        Ok(specification) => {
            assert_eq!(specification.to_string().parse::<SpectrumSpec>().as_ref(), Ok(&specification));
            // Small dimensions: a large one takes its memory, by right.
            if let Ok(spectrum) = specification.spectrum::<f64>(12, 1, &()) {
                assert!(spectrum.dimension() > 0);
            }
        }
    }
    let _ = (text.parse::<Data>(), text.parse::<Start>(), text.parse::<Observable>());
});
