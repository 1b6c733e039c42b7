//! Mean value form: contains every value, sees what plain intervals cannot, and is never wider than they are.

use proptest::prelude::*;
use specdyn::scalar::{Interval, Real, Scalar, Slope, mean_value};

fn interval(lo: f64, hi: f64) -> Interval {
    Interval::new(lo, hi).unwrap()
}

/// A formula of three variables, made of everything that numbers can do.
#[derive(Clone, Debug)]
enum Formula {
    Variable(usize),
    Constant(i64),
    Two(char, Box<Formula>, Box<Formula>),
    One(&'static str, Box<Formula>),
}

impl Formula {
    fn of<T: Real>(&self, x: &[T]) -> T {
        match self {
            Self::Variable(i) => x[*i].clone(),
            Self::Constant(n) => x[0].int(*n),
            Self::Two(operation, a, b) => {
                let (a, b) = (a.of(x), b.of(x));
                match operation {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    '/' => a / b,
                    _ => a.abs().pow(&b),
                }
            }
            Self::One(function, a) => {
                let a = a.of(x);
                match *function {
                    "square" => a.square(),
                    "sqrt" => a.sqrt(),
                    "abs" => a.abs(),
                    "exp" => a.exp(),
                    "exp_m1" => a.exp_m1(),
                    "ln" => a.ln(),
                    "times" => a.times(-3),
                    _ => a.over(7),
                }
            }
        }
    }
}

fn formula() -> impl Strategy<Value = Formula> {
    let leaf = prop_oneof![4 => (0_usize..3).prop_map(Formula::Variable), 1 => (-3_i64..4).prop_map(Formula::Constant)];
    leaf.prop_recursive(5, 24, 2, |inner| {
        let functions = ["square", "sqrt", "abs", "exp", "exp_m1", "ln", "times", "over"];
        prop_oneof![
            3 => (prop::sample::select(vec!['+', '-', '*', '/', '^']), inner.clone(), inner.clone())
                .prop_map(|(operation, a, b)| Formula::Two(operation, Box::new(a), Box::new(b))),
            2 => (prop::sample::select(functions.to_vec()), inner)
                .prop_map(|(function, a)| Formula::One(function, Box::new(a))),
        ]
    })
}

/// A box of three variables of all widths, and a share of each at which a member is taken.
fn boxes() -> impl Strategy<Value = (Vec<Interval>, Vec<Interval>)> {
    let width = prop_oneof![Just(0.0), -12.0..1.0_f64];
    let side = (-3.0..3.0_f64, width, prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64]).prop_map(|(x, width, share)| {
        let whole = if width == 0.0 { interval(x, x) } else { interval(x, x + libm::exp10(width)) };
        let member = (whole.lower() + share * (whole.upper() - whole.lower())).clamp(whole.lower(), whole.upper());
        (whole, Interval::point(member))
    });
    prop::collection::vec(side, 3).prop_map(|sides| sides.into_iter().unzip())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// The value at a member, enclosed by itself: it overlaps with the enclosure over the box, if there is a value.
    #[test]
    fn every_value_is_inside((whole, member) in boxes(), formula in formula()) {
        let range = mean_value(&whole, |x| formula.of(x));
        let value = formula.of(&member);
        prop_assert!(value.is_empty() || !value.is_disjoint(range), "{formula:?} over {whole:?}: {value} not in {range}");
        prop_assert!(range.is_subset(formula.of(&whole)));
    }
}

#[test]
fn a_variable_is_the_same_wherever_it_occurs() {
    let x = [interval(2.0, 2.001)];
    let near = |range: Interval, lo: f64, hi: f64| {
        // What is left is of second order: some squares of the width, which is 1e-3.
        assert!(range.contains(lo) && range.contains(hi) && range.width() < (hi - lo) + 10e-6, "{range} [{lo}, {hi}]");
    };
    near(mean_value(&x, |x| x[0].clone() - &x[0]), 0.0, 0.0);
    near(mean_value(&x, |x| x[0].clone() / &x[0]), 1.0, 1.0);
    near(mean_value(&x, |x| x[0].clone() * (x[0].int(5) - &x[0])), 6.0, 6.001 - 1e-6);
    near(mean_value(&x, |x| x[0].ln().exp() - x[0].sqrt().square()), 0.0, 0.0);
    near(mean_value(&x, |x| x[0].pow(&x[0].int(3)) / x[0].square()), 2.0, 2.001);
}

#[test]
fn where_there_is_no_middle_the_range_is_what_is_known() {
    // 1/x has no value at the middle of [-1, 1], and ln none over half of it.
    let x = [interval(-1.0, 1.0)];
    assert!(mean_value(&x, |x| x[0].int(1) / &x[0]).same_set(Interval::ENTIRE));
    assert!(mean_value(&x, |x| x[0].ln()).same_set(Interval::ENTIRE.intersection(interval(-f64::INFINITY, 0.0))));
    assert!(mean_value(&[Interval::ZERO], |x| x[0].sqrt()).same_set(Interval::ZERO));
    assert!(mean_value(&[interval(-2.0, -1.0)], |x| x[0].sqrt()).is_empty());
    assert!(mean_value(&[Interval::EMPTY], |x| x[0].square()).is_empty());
    assert!(mean_value(&[Interval::ENTIRE], |x| x[0].clone() - &x[0]).contains(0.0));
}

#[test]
fn comparisons_are_certain_over_the_whole_box() {
    let whole = [interval(1.0, 2.0), interval(2.0, 3.0)];
    let [x, y] = [0, 1].map(|i| Slope::variable(&whole, i));
    assert!(x.partial_cmp(&y).is_none() && x < y.int(4) && x.sign().is_some() && x != y);
}
