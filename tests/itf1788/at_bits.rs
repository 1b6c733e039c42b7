//! The same operations on [`MpInterval`], from doubles to doubles.
//!
//! Operands are doubles, which 53 bits hold exactly; the result is rounded outward to doubles. Of more than 53 bits that is the result rounded
//! once, since the doubles are among the numbers of that precision.

use super::reader::{Outcome, Value};
use specdyn::scalar::{Interval, Mp, MpInterval, Precision, Real, Scalar};

fn precision(bits: u32) -> Precision {
    Precision::new(bits).unwrap()
}

/// The nearest doubles at or below, and at or above `x`.
fn doubles_around(x: &Mp) -> (f64, f64) {
    let near = x.to_f64();
    let exact = Mp::from_f64(near, &x.precision());
    let below = if exact > *x { near.next_down() } else { near };
    let above = if exact < *x { near.next_up() } else { near };
    (below, above)
}

fn outward(x: &MpInterval) -> Interval {
    if x.is_empty() {
        return Interval::EMPTY;
    }
    Interval::new(doubles_around(&x.lower()).0, doubles_around(&x.upper()).1).unwrap()
}

fn at(bits: u32, x: Interval) -> MpInterval {
    let precision = precision(bits);
    let end = |x: f64| Mp::from_f64(x, &precision);
    if x.is_empty() { MpInterval::empty(precision) } else { MpInterval::new(&end(x.lower()), &end(x.upper())).unwrap() }
}

pub(super) fn parse(bits: u32, text: &str) -> Option<Interval> {
    MpInterval::parse(text, &precision(bits)).ok().map(|x| outward(&x))
}

/// `x.method(arguments)`, or an operator.
pub(super) fn call(bits: u32, x: Interval, method: &str, arguments: &[Value]) -> Outcome<Value> {
    let x = at(bits, x);
    let set = |x: MpInterval| Ok(Value::Set(outward(&x)));
    let other = |y: &Interval| at(bits, *y);
    match (method, arguments) {
        ("neg", []) => set(-x),
        ("sqr", []) => set(x.square()),
        ("sqrt", []) => set(x.sqrt()),
        ("abs", []) => set(x.abs()),
        ("exp", []) => set(x.exp()),
        ("ln", []) => set(x.ln()),
        ("inf", []) => Ok(Value::Number(x.lower().to_f64())),
        ("sup", []) => Ok(Value::Number(x.upper().to_f64())),
        // The largest number of a precision is far beyond the largest double.
        ("mid", []) => Ok(Value::Number(x.midpoint().to_f64().clamp(f64::MIN, f64::MAX))),
        ("wid", []) if x.is_empty() => Ok(Value::Number(f64::NAN)),
        ("wid", []) => Ok(Value::Number(doubles_around(&x.width()).1)),
        ("is_empty", []) => Ok(Value::Truth(x.is_empty())),
        ("contains", [Value::Number(y)]) => Ok(Value::Truth(x.contains(&Mp::from_f64(*y, &precision(bits))))),
        ("pow", [Value::Set(p)]) => set(x.pow(&other(p))),
        ("convex_hull", [Value::Set(y)]) => set(x.hull(&other(y))),
        ("intersection", [Value::Set(y)]) => set(x.intersection(&other(y))),
        ("subset", [Value::Set(y)]) => Ok(Value::Truth(x.is_subset(&other(y)))),
        ("mul_add", [Value::Set(y), Value::Set(z)]) => {
            let mut sum = other(z);
            sum.add_prod(&x, &other(y));
            set(sum)
        }
        ("==", [Value::Set(y)]) => Ok(Value::Truth(x.same_set(&other(y)))),
        ("+", [Value::Set(y)]) => set(x + other(y)),
        ("-", [Value::Set(y)]) => set(x - other(y)),
        ("*", [Value::Set(y)]) => set(x * other(y)),
        ("/", [Value::Set(y)]) => set(x / other(y)),
        _ => Err(format!(".{method}()")),
    }
}
