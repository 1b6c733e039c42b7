use std::fmt;

/// Text in a figure: plain, or with italic letters, superscripts and subscripts.
///
/// A `&str` or `String` becomes a plain label as it is; [`Label::math`] understands a little markup.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Label {
    pub(super) spans: Vec<Span>,
}

/// A stretch of a label in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) italic: bool,
    pub(super) shift: Shift,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    None,
    Up,
    Down,
}

impl Shift {
    /// Height of the baseline over the line's, in units of the label's size.
    pub(super) fn rise(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Up => 0.36,
            Self::Down => -0.16,
        }
    }

    /// Size in units of the label's size.
    pub(super) fn scale(self) -> f64 {
        if self == Self::None { 1.0 } else { 0.7 }
    }
}

impl Label {
    /// Text as it is.
    pub fn plain(text: impl Into<String>) -> Self {
        let text: String = text.into();
        let spans = if text.is_empty() { vec![] } else { vec![Span { text, italic: false, shift: Shift::None }] };
        Self { spans }
    }

    /// Text with markup: `*italic*`, `^{superscript}`, `_{subscript}`; a backslash takes the next character as it is.
    /// Markup that is never closed reaches to the end.
    ///
    /// ```
    /// # use specdyn::export::Label;
    /// let label = Label::math("initial coefficient *α* = 10^{−3}");
    /// assert_eq!(label.to_string(), "initial coefficient α = 10−3");
    /// ```
    pub fn math(markup: &str) -> Self {
        let mut label = Self::default();
        let (mut italic, mut shift) = (false, Shift::None);
        let mut rest = markup.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '*' => italic = !italic,
                '^' | '_' if rest.peek() == Some(&'{') => {
                    rest.next();
                    shift = if c == '^' { Shift::Up } else { Shift::Down };
                }
                '}' if shift != Shift::None => shift = Shift::None,
                '\\' => label.push(rest.next().unwrap_or('\\'), italic, shift),
                _ => label.push(c, italic, shift),
            }
        }
        label
    }

    /// `factor × 10^exponent`, with a true superscript.
    pub(super) fn power_of_ten(factor: Option<&str>, exponent: i32) -> Self {
        let sign = if exponent < 0 { "−" } else { "" };
        let base = factor.map_or_else(|| "10".to_owned(), |factor| format!("{factor}×10"));
        let span = |text: String, shift| Span { text, italic: false, shift };
        Self { spans: vec![span(base, Shift::None), span(format!("{sign}{}", exponent.unsigned_abs()), Shift::Up)] }
    }

    /// No text.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    fn push(&mut self, c: char, italic: bool, shift: Shift) {
        match self.spans.last_mut() {
            Some(span) if span.italic == italic && span.shift == shift => span.text.push(c),
            _ => self.spans.push(Span { text: c.into(), italic, shift }),
        }
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

impl From<String> for Label {
    fn from(text: String) -> Self {
        Self::plain(text)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spans.iter().try_for_each(|span| f.write_str(&span.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(label: &Label) -> Vec<(&str, bool, Shift)> {
        label.spans.iter().map(|span| (span.text.as_str(), span.italic, span.shift)).collect()
    }

    #[test]
    fn markup_sets_italics_and_scripts() {
        let label = Label::math(r"max *b*/*a*_{0} = 10^{−3}\*");
        let expected = [
            ("max ", false, Shift::None),
            ("b", true, Shift::None),
            ("/", false, Shift::None),
            ("a", true, Shift::None),
            ("0", false, Shift::Down),
            (" = 10", false, Shift::None),
            ("−3", false, Shift::Up),
            ("*", false, Shift::None),
        ];
        assert_eq!(spans(&label), expected);
    }

    #[test]
    fn plain_text_is_not_interpreted() {
        assert_eq!(Label::from("a_{1}*b*").to_string(), "a_{1}*b*");
        assert!(Label::plain("").is_empty());
    }

    #[test]
    fn a_power_of_ten_has_a_true_superscript() {
        assert_eq!(
            spans(&Label::power_of_ten(Some("2"), -4)),
            [("2×10", false, Shift::None), ("−4", false, Shift::Up)]
        );
    }
}
