//! What `--until` takes, in three number systems: refused, or a level that the systems agree on.
#![no_main]

use specdyn::observe::Condition;
use specdyn::scalar::Interval;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let names = ["signal", "spike", "bulk", "w1"].map(String::from);
    let double = Condition::<f64>::parse(text, &names, &());
    let interval = Condition::<Interval>::parse(text, &names, &());
    if let (Ok(double), Ok(interval)) = (&double, &interval) {
        assert_eq!((double.quantity, double.at_least), (interval.quantity, interval.at_least));
        let (low, high) = (interval.level.lower(), interval.level.upper());
        assert!((low..=high).contains(&double.level), "{low} {} {high}", double.level);
    }
});
