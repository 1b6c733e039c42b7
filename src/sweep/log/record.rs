//! What the frames of a log hold, as bytes: the first says which kind.
//!
//! ```text
//! 'H' identity    UTF-8: the configuration that gives the cells their meaning; the first frame, and only the first
//! 'S' session     UTF-8: a process began to work here, with what options; or cells were taken from elsewhere, where others did
//! 'C' cells       u8 n, then n times (u8 length, name of an optimizer); then cells until the end:
//!                 u8 optimizer, u8 flags (1: a value, 2: a status other than ok), f64 x, f64 y, [f64 value],
//!                 [u16 length, status]
//! 'E' end         the session ended by itself
//! ```
//!
//! A cell is stored under what it is (optimizer, x, y), never under where it stands in a grid: a grid may grow.

use super::frame::MAX_PAYLOAD;
use crate::experiment::{Measured, Status};

/// A cell as a log keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<'a> {
    /// The optimizer, as it is named on the command line.
    pub optimizer: &'a str,
    /// Value on the x axis.
    pub x: f64,
    /// Value on the y axis.
    pub y: f64,
    /// What was measured.
    pub measured: Measured,
}

/// What a log says, in the order in which it says it.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry<'a> {
    /// The configuration that gives the cells their meaning.
    Identity(&'a str),
    /// A process began to work, or had worked elsewhere on cells that were taken from there.
    Session(&'a str),
    /// A cell was finished. A later one of the same optimizer, x and y replaces it.
    Cell(Record<'a>),
    /// A process ended by itself.
    End,
}

/// Longer status texts are cut: they are sentences.
const MAX_STATUS: usize = 500;
/// Names are cut here too; options are refused long before.
const MAX_NAME: usize = 255;
const HAS_VALUE: u8 = 1;
const HAS_STATUS: u8 = 2;

pub(super) fn text_payload(kind: u8, text: &str) -> Vec<u8> {
    [&[kind], text.as_bytes()].concat()
}

/// A frame of cells in the making.
pub(super) struct CellPayload<'a> {
    names: &'a [String],
    bytes: Vec<u8>,
}

impl<'a> CellPayload<'a> {
    /// `names`: the optimizers that cells are numbered by; at most 255.
    pub(super) fn new(names: &'a [String]) -> Self {
        let mut bytes = vec![b'C', names.len() as u8];
        for name in names {
            let name = cut(name, MAX_NAME);
            bytes.push(name.len() as u8);
            bytes.extend_from_slice(name.as_bytes());
        }
        Self { names, bytes }
    }

    /// Appends a cell; false when there is no room for it in this frame.
    pub(super) fn push(&mut self, optimizer: usize, x: f64, y: f64, measured: &Measured) -> bool {
        assert!(optimizer < self.names.len(), "optimizer {optimizer} has no name");
        let status = if measured.status == Status::Ok { String::new() } else { measured.status.to_string() };
        let status = cut(&status, MAX_STATUS);
        if self.bytes.len() + 28 + status.len() > MAX_PAYLOAD {
            return false;
        }
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        self.bytes.push(optimizer as u8);
        self.bytes.push(flag(measured.value.is_some(), HAS_VALUE) | flag(!status.is_empty(), HAS_STATUS));
        self.bytes.extend_from_slice(&x.to_le_bytes());
        self.bytes.extend_from_slice(&y.to_le_bytes());
        if let Some(value) = measured.value {
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
        if !status.is_empty() {
            self.bytes.extend_from_slice(&(status.len() as u16).to_le_bytes());
            self.bytes.extend_from_slice(status.as_bytes());
        }
        true
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// At most `limit` bytes of `text`, between characters.
fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Shows every entry of a payload to `see`; false where the bytes are no payload of this version.
pub(super) fn decode(payload: &[u8], first: bool, see: &mut dyn FnMut(Entry<'_>)) -> bool {
    let Some((&kind, rest)) = payload.split_first() else { return false };
    let text = || std::str::from_utf8(rest);
    match (kind, first) {
        (b'H', true) => text().map(|text| see(Entry::Identity(text))).is_ok(),
        (b'S', false) => text().map(|text| see(Entry::Session(text))).is_ok(),
        (b'E', false) if rest.is_empty() => {
            see(Entry::End);
            true
        }
        (b'C', false) => decode_cells(rest, see).is_some(),
        _ => false,
    }
}

fn decode_cells(bytes: &[u8], see: &mut dyn FnMut(Entry<'_>)) -> Option<()> {
    let mut input = Input(bytes);
    let count = input.byte()?;
    let names =
        (0..count).map(|_| input.byte().and_then(|length| input.text(length.into()))).collect::<Option<Vec<_>>>()?;
    while !input.0.is_empty() {
        let optimizer = *names.get(usize::from(input.byte()?))?;
        let flags = input.byte()?;
        if flags & !(HAS_VALUE | HAS_STATUS) != 0 {
            return None;
        }
        let (x, y) = (input.double()?, input.double()?);
        let value = if flags & HAS_VALUE != 0 { Some(input.double()?) } else { None };
        let status = if flags & HAS_STATUS != 0 {
            let length = u16::from_le_bytes(input.take(2)?.try_into().ok()?);
            Status::from_text(input.text(length.into())?)
        } else {
            Status::Ok
        };
        see(Entry::Cell(Record { optimizer, x, y, measured: Measured { value, status } }));
    }
    Some(())
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn double(&mut self) -> Option<f64> {
        Some(f64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn text(&mut self, length: usize) -> Option<&'a str> {
        std::str::from_utf8(self.take(length)?).ok()
    }
}
