//! Frames: a numbered, checksummed stretch of bytes, and what is left of a file of them after a crash or damage.
//!
//! ```text
//! magic     4 bytes   "SDL\x01"
//! number    u32       0, 1, 2, ... (little-endian, as all that follows)
//! length    u32       of the payload
//! checksum  u32       CRC-32 of number, length and payload
//! payload   length bytes
//! ```
//!
//! A frame is begun only when the one before it is durable. So whatever a crash does to unsynced bytes, it does to the last frame
//! alone: a broken frame with a whole later one behind it is *damage*, one with nothing behind it is *torn*.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

pub(super) const MAGIC: [u8; 4] = *b"SDL\x01";
pub(super) const HEADER: usize = 16;
/// No frame is longer: a length beyond it is damage, and is not allocated.
pub(super) const MAX_PAYLOAD: usize = 1 << 20;

/// Appends the frame to `out`; an error where the payload is too long for one.
pub(super) fn encode(number: u32, payload: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    if payload.len() > MAX_PAYLOAD {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "options of more than a megabyte"));
    }
    let (number, length) = (number.to_le_bytes(), (payload.len() as u32).to_le_bytes());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&number);
    out.extend_from_slice(&length);
    out.extend_from_slice(&checksum(&number, &length, payload).to_le_bytes());
    out.extend_from_slice(payload);
    Ok(())
}

fn checksum(number: &[u8], length: &[u8], payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(number);
    crc.update(length);
    crc.update(payload);
    crc.finalize()
}

/// The frame at the start of `bytes`, if a whole one is there: its number and payload.
fn parse(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let word = |at: usize| bytes.get(at..at + 4);
    let (magic, number, length, crc) = (word(0)?, word(4)?, word(8)?, word(12)?);
    let of = |word: &[u8]| u32::from_le_bytes(word.try_into().expect("four bytes"));
    let size = of(length) as usize;
    if magic != MAGIC || size > MAX_PAYLOAD {
        return None;
    }
    let payload = bytes.get(HEADER..HEADER + size)?;
    (checksum(number, length, payload) == of(crc)).then(|| (of(number), payload))
}

/// What comes next in a file of frames.
pub(super) enum Next {
    /// A whole frame, the next in number.
    Frame(Vec<u8>),
    /// The file ends where a frame ends.
    End,
    /// The rest is no frame, and no whole frame is in it: a write that a crash cut short.
    Torn,
    /// No frame, but a whole later one follows at `resumes`, with this number.
    Damaged { resumes: u64, number: u32 },
}

/// Reads the frames of a file one after the other.
pub(super) struct Frames<R> {
    input: BufReader<R>,
    /// Where the next frame begins.
    pub(super) offset: u64,
    /// The number it must have.
    pub(super) number: u32,
}

impl<R: Read + Seek> Frames<R> {
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        input.rewind()?;
        Ok(Self { input: BufReader::with_capacity(1 << 16, input), offset: 0, number: 0 })
    }

    pub(super) fn next(&mut self) -> io::Result<Next> {
        if let Some(whole) = self.whole()? {
            return Ok(whole);
        }
        let rest = self.search()?;
        if let Next::Damaged { .. } = rest {
            // Or another process was writing the frame when it was read, has finished it, and gone on.
            self.input.seek(SeekFrom::Start(self.offset))?;
            return Ok(self.whole()?.unwrap_or(rest));
        }
        Ok(rest)
    }

    /// The next frame, or the end of the file; `None` where there is something else.
    fn whole(&mut self) -> io::Result<Option<Next>> {
        let mut bytes = vec![0; HEADER];
        let read = read_up_to(&mut self.input, &mut bytes)?;
        if read == 0 {
            return Ok(Some(Next::End));
        }
        let size = u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes")) as usize;
        if read == HEADER && size <= MAX_PAYLOAD {
            bytes.resize(HEADER + size, 0);
            let read = read_up_to(&mut self.input, &mut bytes[HEADER..])?;
            bytes.truncate(HEADER + read);
            if parse(&bytes).is_some_and(|(number, _)| number == self.number) {
                self.offset += bytes.len() as u64;
                self.number = self.number.wrapping_add(1);
                bytes.drain(..HEADER);
                return Ok(Some(Next::Frame(bytes)));
            }
        }
        Ok(None)
    }

    /// Goes on at a later whole frame, as [`Next::Damaged`] names it.
    pub(super) fn skip_to(&mut self, offset: u64, number: u32) -> io::Result<()> {
        self.input.seek(SeekFrom::Start(offset))?;
        (self.offset, self.number) = (offset, number);
        Ok(())
    }

    /// Looks for a whole frame anywhere behind the one that should begin at `offset`, a window of bytes at a time; each window
    /// repeats as much of the one before as a frame can be long.
    fn search(&mut self) -> io::Result<Next> {
        const WINDOW: usize = 4 * MAX_PAYLOAD;
        const OVERLAP: usize = HEADER + MAX_PAYLOAD;
        let mut begin = self.offset + 1;
        let mut window = vec![0; WINDOW + OVERLAP];
        loop {
            self.input.seek(SeekFrom::Start(begin))?;
            let filled = read_up_to(&mut self.input, &mut window)?;
            for at in 0..filled.min(WINDOW) {
                if window[at] != MAGIC[0] {
                    continue;
                }
                // An earlier frame that a failing disk shows a second time would not be a later one.
                if let Some((number, _)) = parse(&window[at..filled]).filter(|(number, _)| *number >= self.number) {
                    return Ok(Next::Damaged { resumes: begin + at as u64, number });
                }
            }
            if filled < window.len() {
                return Ok(Next::Torn);
            }
            begin += WINDOW as u64;
        }
    }
}

/// Fills `buffer` as far as the input reaches.
fn read_up_to(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// A file that another process is writing: at first only `begun` bytes are there, after the second seek all of them.
    struct Growing {
        file: Cursor<Vec<u8>>,
        begun: u64,
        seeks: usize,
    }

    impl Read for Growing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let visible = if self.seeks < 2 { self.begun } else { self.file.get_ref().len() as u64 };
            let room = visible.saturating_sub(self.file.position()).min(buffer.len() as u64) as usize;
            self.file.read(&mut buffer[..room])
        }
    }

    impl Seek for Growing {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.seeks += 1;
            self.file.seek(to)
        }
    }

    #[test]
    fn a_frame_that_was_being_written_is_no_damage() {
        let mut bytes = Vec::new();
        for number in 0..3 {
            encode(number, &[number as u8; 40], &mut bytes).unwrap();
        }
        let frame = HEADER + 40;
        for begun in [1, HEADER, frame - 1, frame + 1, frame + HEADER, 2 * frame - 1] {
            let mut frames =
                Frames::new(Growing { file: Cursor::new(bytes.clone()), begun: begun as u64, seeks: 0 }).unwrap();
            for number in 0..3 {
                match frames.next().unwrap() {
                    Next::Frame(payload) => assert_eq!(payload, [number; 40]),
                    _ => panic!("{begun} bytes: frame {number} is not whole"),
                }
            }
            assert!(matches!(frames.next().unwrap(), Next::End));
        }
        bytes[frame + HEADER] ^= 1;
        let mut frames = Frames::new(Cursor::new(bytes)).unwrap();
        assert!(matches!(frames.next().unwrap(), Next::Frame(_)));
        assert!(matches!(frames.next().unwrap(), Next::Damaged { number: 2, .. }));
    }
}
