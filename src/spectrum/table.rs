//! A spectrum from a CSV file: header `variance,multiplicity`, one group a line, variances sorted.

use super::Group;
use crate::scalar::{DomainError, Real};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

const HEADER: &str = "variance,multiplicity";
const MAX_MULTIPLICITY: u64 = 1 << 53;
const MAX_GROUPS: usize = 1 << 24;
/// No group needs a longer line; a file without line ends is refused instead of being read into memory.
const MAX_LINE: u64 = 4096;

/// Why there is no spectrum: a parameter, or a file.
#[derive(Debug, thiserror::Error)]
pub enum SpectrumError {
    /// A parameter outside its domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The file cannot be opened or read.
    #[error("cannot read the spectrum file {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is read and cannot be used.
    #[error("spectrum file {}, line {line}: {reason}", path.display())]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// 1-based line.
        line: usize,
        /// What is wrong there, in words.
        reason: String,
    },
}

/// Multiplicity from text: an integer from 1 to 2^53.
pub(super) fn multiplicity(text: &str) -> Result<u64, DomainError> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|n| digits && (1..=MAX_MULTIPLICITY).contains(n))
        .ok_or_else(|| DomainError::new("multiplicity", format!("{text:?}"), "an integer from 1 to 2^53"))
}

/// The groups of the file at `path`, in its order.
///
/// Sorted means nonincreasing or nondecreasing: a file that goes up and down is likelier damaged than meant.
pub(super) fn read<T: Real>(path: &Path, context: &T::Context) -> Result<Vec<Group<T>>, SpectrumError> {
    let unreadable = |source| SpectrumError::Unreadable { path: path.into(), source };
    let unusable = |line, reason: String| SpectrumError::Unusable { path: path.into(), line, reason };
    let mut lines = Lines { reader: BufReader::new(File::open(path).map_err(unreadable)?), buffer: Vec::new() };
    match lines.next().map_err(unreadable)? {
        None => return Err(unusable(1, format!("the file is empty; its first line must be {HEADER}"))),
        Some(Line::Text(header)) if header.trim_start_matches('\u{feff}').replace(' ', "") == HEADER => {}
        Some(_) => return Err(unusable(1, format!("the first line must be {HEADER}"))),
    }
    let mut groups: Vec<Group<T>> = Vec::new();
    let (mut rising, mut falling) = (None, None);
    for line in 2.. {
        let text = match lines.next().map_err(unreadable)? {
            None => break,
            Some(Line::Text(text)) if text.is_empty() => continue,
            Some(Line::Text(text)) => text,
            Some(Line::Unfit) => {
                return Err(unusable(line, format!("not a line of text of at most {MAX_LINE} bytes")));
            }
        };
        if groups.len() == MAX_GROUPS {
            return Err(unusable(line, format!("more than {MAX_GROUPS} groups")));
        }
        let group = parse(&text, context).map_err(|reason| unusable(line, reason))?;
        if let Some(last) = groups.last() {
            if group.variance > last.variance {
                rising.get_or_insert(line);
            } else if group.variance < last.variance {
                falling.get_or_insert(line);
            }
            if let (Some(up), Some(down)) = (rising, falling) {
                let reason = format!("the variances are not sorted: they rise at line {up} and fall at line {down}");
                return Err(unusable(line, reason));
            }
        }
        groups.push(group);
    }
    if groups.is_empty() { Err(unusable(2, "there is no group after the header".into())) } else { Ok(groups) }
}

fn parse<T: Real>(text: &str, context: &T::Context) -> Result<Group<T>, String> {
    let (variance, count) =
        text.split_once(',').ok_or_else(|| format!("{text:?} has one field; two are needed: {HEADER}"))?;
    let variance = T::parse(variance, context)
        .ok()
        .filter(|q| q.is_finite() && *q > q.int(0))
        .ok_or_else(|| format!("variance {:?} is not a finite number > 0", variance.trim()))?;
    let multiplicity =
        multiplicity(count).map_err(|_| format!("multiplicity {:?} is not an integer from 1 to 2^53", count.trim()))?;
    Ok(Group { variance, multiplicity })
}

enum Line {
    Text(String),
    /// Too long, or not UTF-8.
    Unfit,
}

struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> std::io::Result<Option<Line>> {
        self.buffer.clear();
        if self.reader.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(None);
        }
        let too_long = self.buffer.len() as u64 > MAX_LINE;
        Ok(Some(match std::str::from_utf8(&self.buffer) {
            Ok(text) if !too_long => Line::Text(text.trim().into()),
            _ => Line::Unfit,
        }))
    }
}
