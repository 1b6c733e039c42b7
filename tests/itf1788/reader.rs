//! Expressions of the vectors, read and evaluated.

use specdyn::scalar::{Interval, Scalar};

#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Set(Interval),
    Number(f64),
    Truth(bool),
}

/// Why an expression has no value here: something that is not offered, by name.
pub(super) type Outcome<T> = Result<T, String>;

/// Reads an expression of the vectors from left to right.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a str,
    numbers: Numbers,
    /// Operations met on the way.
    pub(super) operations: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, numbers: Numbers) -> Self {
        Self { rest: text, numbers, operations: Vec::new() }
    }

    fn take(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Outcome<()> {
        if self.take(token) { Ok(()) } else { Err(format!("syntax at {:.30}", self.rest)) }
    }

    fn word(&mut self, allowed: impl Fn(char) -> bool) -> &'a str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c| !allowed(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn met(&mut self, operation: &str) {
        self.operations.push(operation.to_string());
    }

    /// One binary operation at most: the vectors have no more.
    pub(super) fn expression(&mut self) -> Outcome<Value> {
        let left = self.term()?;
        for operator in ["==", "+", "-", "*", "/"] {
            if self.take(operator) {
                let right = self.term()?;
                self.met(operator);
                #[cfg(feature = "mpfr")]
                if let (Numbers::Bits(bits), Value::Set(x)) = (self.numbers, left) {
                    return super::at_bits::call(bits, x, operator, &[right]);
                }
                return match (left, operator, right) {
                    (Value::Set(a), "==", Value::Set(b)) => Ok(Value::Truth(a.same_set(b))),
                    (Value::Set(a), "+", Value::Set(b)) => Ok(Value::Set(a + b)),
                    (Value::Set(a), "-", Value::Set(b)) => Ok(Value::Set(a - b)),
                    (Value::Set(a), "*", Value::Set(b)) => Ok(Value::Set(a * b)),
                    (Value::Set(a), "/", Value::Set(b)) => Ok(Value::Set(a / b)),
                    _ => Err(format!("operator {operator} on {left:?} and {right:?}")),
                };
            }
        }
        Ok(left)
    }

    fn term(&mut self) -> Outcome<Value> {
        if self.take("-") {
            return match self.term()? {
                Value::Number(x) => Ok(Value::Number(-x)),
                Value::Set(x) => {
                    self.met("neg");
                    self.numbers.call(Value::Set(x), "neg", &[])
                }
                Value::Truth(_) => Err("syntax".into()),
            };
        }
        let mut value = self.atom()?;
        while self.take(".") {
            let method = self.word(|c| c.is_alphanumeric() || c == '_');
            self.expect("(")?;
            let arguments = self.arguments()?;
            self.met(method);
            value = self.numbers.call(value, method, &arguments)?;
        }
        Ok(value)
    }

    fn arguments(&mut self) -> Outcome<Vec<Value>> {
        let mut arguments = Vec::new();
        while !self.take(")") {
            arguments.push(self.expression()?);
            self.take(",");
        }
        Ok(arguments)
    }

    fn atom(&mut self) -> Outcome<Value> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let mut word = self.word(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_').to_string();
            if word.ends_with('e') {
                let sign = if self.take("-") { "-" } else { "" };
                self.take("+");
                word = format!("{word}{sign}{}", self.word(|c| c.is_ascii_digit()));
            }
            return word.replace('_', "").parse().map(Value::Number).map_err(|_| format!("number {word}"));
        }
        let name = self.word(|c| c.is_alphanumeric() || c == '_' || c == ':');
        match name {
            "I::EMPTY" => Ok(Value::Set(Interval::EMPTY)),
            "I::ENTIRE" => Ok(Value::Set(Interval::ENTIRE)),
            "f64::INFINITY" => Ok(Value::Number(f64::INFINITY)),
            "f64::NEG_INFINITY" => Ok(Value::Number(f64::NEG_INFINITY)),
            "f64::NAN" => Ok(Value::Number(f64::NAN)),
            "i32::MAX" => Ok(Value::Number(f64::from(i32::MAX))),
            "i32::MIN" => Ok(Value::Number(f64::from(i32::MIN))),
            "true" | "false" => Ok(Value::Truth(name == "true")),
            "n2i" => {
                self.expect("(")?;
                match self.arguments()?[..] {
                    [Value::Number(a), Value::Number(b)] => {
                        Ok(Value::Set(Interval::new(a, b).unwrap_or(Interval::EMPTY)))
                    }
                    _ => Err("syntax of n2i".into()),
                }
            }
            "t2i" => {
                self.expect("(\"")?;
                let (text, rest) = self.rest.split_once('"').ok_or("syntax of t2i")?;
                self.rest = rest;
                self.expect(")")?;
                self.met("parse");
                // Hexadecimal, fractions, uncertain forms and names are not offered, and refused.
                self.numbers.parse(text).map(Value::Set).ok_or("form of literal".into())
            }
            _ => Err(if name.is_empty() { format!("syntax at {:.30}", self.rest) } else { name.into() }),
        }
    }
}

/// The intervals that an expression is evaluated with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Numbers {
    Doubles,
    /// `MpInterval` of so many bits, rounded outward to doubles in the end.
    #[cfg(feature = "mpfr")]
    Bits(u32),
}

impl Numbers {
    fn call(self, this: Value, method: &str, arguments: &[Value]) -> Outcome<Value> {
        match (self, this) {
            #[cfg(feature = "mpfr")]
            (Self::Bits(bits), Value::Set(x)) => super::at_bits::call(bits, x, method, arguments),
            _ => call(this, method, arguments),
        }
    }

    fn parse(self, text: &str) -> Option<Interval> {
        match self {
            Self::Doubles => text.parse().ok(),
            #[cfg(feature = "mpfr")]
            Self::Bits(bits) => super::at_bits::parse(bits, text),
        }
    }
}

fn call(this: Value, method: &str, arguments: &[Value]) -> Outcome<Value> {
    let missing = || format!(".{method}()");
    let Value::Set(x) = this else { return Err(missing()) };
    let set = |x| Ok(Value::Set(x));
    let number = |x| Ok(Value::Number(x));
    let truth = |x| Ok(Value::Truth(x));
    match (method, arguments) {
        ("neg", []) => set(-x),
        ("recip", []) => set(x.recip()),
        ("sqr", []) => set(x.square()),
        ("sqrt", []) => set(x.sqrt()),
        ("abs", []) => set(x.abs()),
        ("exp", []) => set(x.exp()),
        ("ln", []) => set(x.ln()),
        ("inf", []) => number(x.lower()),
        ("sup", []) => number(x.upper()),
        ("mid", []) => number(x.midpoint()),
        ("rad", []) => number(x.radius()),
        ("wid", []) => number(x.width()),
        ("mag", []) => number(x.magnitude()),
        ("mig", []) => number(x.mignitude()),
        ("is_empty", []) => truth(x.is_empty()),
        ("is_entire", []) => truth(x.same_set(Interval::ENTIRE)),
        ("is_singleton", []) => truth(x.is_point()),
        ("is_common_interval", []) => truth(x.is_bounded()),
        ("contains", [Value::Number(y)]) => truth(x.contains(*y)),
        ("powi", [Value::Number(n)]) => set(x.powi(*n as i32)),
        ("pow", [Value::Set(p)]) => set(x.pow(*p)),
        ("min", [Value::Set(y)]) => set(x.min(*y)),
        ("max", [Value::Set(y)]) => set(x.max(*y)),
        ("convex_hull", [Value::Set(y)]) => set(x.hull(*y)),
        ("intersection", [Value::Set(y)]) => set(x.intersection(*y)),
        ("subset", [Value::Set(y)]) => truth(x.is_subset(*y)),
        ("interior", [Value::Set(y)]) => truth(x.is_interior(*y)),
        ("disjoint", [Value::Set(y)]) => truth(x.is_disjoint(*y)),
        ("precedes", [Value::Set(y)]) => truth(x.precedes(*y)),
        ("strict_precedes", [Value::Set(y)]) => truth(x.strictly_precedes(*y)),
        ("mul_add", [Value::Set(y), Value::Set(z)]) => {
            let mut sum = *z;
            sum.add_prod(&x, y);
            set(sum)
        }
        _ => Err(missing()),
    }
}
