//! How much wider than the truth enclosures are: against the hull of a dense sample, in the median over many boxes.

use super::{Input, Name, forms, input, maps};
use crate::exact::Random;
use specdyn::scalar::Interval;
use std::collections::BTreeMap;

const SEED: u64 = 20_261_128;

/// What the issue of certificates promises: the median width is at most so many times that of the sample's hull.
const PROMISED: f64 = 3.0;

/// The same input with boxes of the relative width `width` around its members.
fn widened(mut input: Input, width: f64) -> Input {
    let cases = input.variance.iter_mut().chain(&mut input.weights).chain([&mut input.step_size]);
    for (box_, x) in cases {
        let far = *x * (1.0 + width);
        *box_ = Interval::new(x.min(far), x.max(far)).unwrap();
    }
    input
}

/// Every map at every corner of the boxes and at 64 points inside: least and most values, in the order of the maps.
fn sampled(input: &Input, random: &mut Random) -> Vec<(Name, f64, f64)> {
    let boxes = input.boxes();
    let mut hulls: Vec<(Name, f64, f64)> = Vec::new();
    let corners = 1_usize << boxes.len();
    for sample in 0..corners + 64 {
        let number = |(i, x): (usize, &Interval)| match sample {
            corner if corner < corners => [x.lower(), x.upper()][corner >> i & 1],
            _ => (x.lower() + random.unit() * x.width()).min(x.upper()),
        };
        let numbers: Vec<f64> = boxes.iter().enumerate().map(number).collect();
        for (i, (name, value)) in maps(&input.multiplicity, &numbers).into_iter().enumerate() {
            if sample == 0 {
                hulls.push((name, value, value));
            }
            // A map that exists at some points only is none of the whole box.
            let Some((known, least, most)) = hulls.get_mut(i) else { continue };
            if *known == name {
                (*least, *most) = (least.min(value), most.max(value));
            } else {
                (*least, *most) = (f64::NAN, f64::NAN);
            }
        }
    }
    hulls
}

/// Medians, over boxes of the relative width `width`, of the width of an enclosure over that of the sample: by map and step, in plain intervals and in
/// mean value form.
fn medians(width: f64, trials: usize) -> BTreeMap<(&'static str, usize), [f64; 2]> {
    let mut random = Random(SEED);
    let mut ratios: BTreeMap<(&str, usize), [Vec<f64>; 2]> = BTreeMap::new();
    for _ in 0..trials {
        let input = widened(input(&mut random), width);
        let sample = sampled(&input, &mut random);
        for (form, enclosures) in [maps(&input.multiplicity, &input.boxes()), forms(&input)].into_iter().enumerate() {
            for (name, range) in enclosures {
                let Some((_, least, most)) = sample.iter().find(|(other, _, _)| *other == name) else { continue };
                // Where a map hardly moves over the box the sample is rounding.
                if most - least > 1e-6 * width * range.magnitude() {
                    ratios.entry((name.0, name.1)).or_default()[form].push(range.width() / (most - least));
                }
            }
        }
    }
    let median = |ratios: &mut Vec<f64>| {
        assert!(ratios.len() > trials / 4, "{} of {trials}", ratios.len());
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    };
    ratios.into_iter().map(|(name, mut forms)| (name, [median(&mut forms[0]), median(&mut forms[1])])).collect()
}

#[test]
fn compound_maps_are_tight_in_mean_value_form() {
    for width in [1e-6, 1e-3] {
        let medians = medians(width, 150);
        assert_eq!(medians.len(), 16, "{medians:?}");
        println!("boxes of relative width {width:e}, medians in plain intervals and in mean value form: {medians:.2?}");
        for (name, [plain, form]) in medians {
            assert!(
                form <= PROMISED && form <= plain * (1.0 + 1e-6),
                "{name:?} at {width:e}: {form} ({plain} plainly)"
            );
            // Of coefficients as they are, plainly too, as rows have it: every one occurs once.
            assert!(
                name.1 > 0 || name.0 != "alignment" || plain <= 1.0 + 10.0 * width,
                "{name:?} at {width:e}: {plain}"
            );
        }
    }
}
