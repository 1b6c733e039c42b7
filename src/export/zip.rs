//! A ZIP archive of stored (uncompressed) members, written front to back, the same bytes for the same members.
//!
//! Sizes, offsets and counts that do not fit the classic records go into ZIP64 ones (PKWARE's APPNOTE, 4.3 and 4.5.3).

use std::io::{self, Write};

/// The first of January 1980, the least date of the format: archives carry no clock.
const DATE: u16 = (1 << 5) | 1;
/// Version 4.5 of the format, the first with ZIP64.
const VERSION: u16 = 45;
/// Member names are UTF-8.
const FLAGS: u16 = 1 << 11;

pub(super) struct Archive<'a> {
    out: &'a mut dyn Write,
    directory: Vec<u8>,
    members: u64,
    offset: u64,
    /// Values from here on are written in ZIP64 records; less than the format's own limits in tests only.
    limit: u64,
}

impl<'a> Archive<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, directory: Vec::new(), members: 0, offset: 0, limit: u64::from(u32::MAX) }
    }

    pub(super) fn add(&mut self, name: &str, data: &[u8]) -> io::Result<()> {
        let size = data.len() as u64;
        let (large, far) = (size >= self.limit, self.offset >= self.limit);
        let name_length =
            u16::try_from(name.len()).map_err(|_| io::Error::other("a member's name is longer than 65535 bytes"))?;
        let size32 = if large { u32::MAX } else { size as u32 };

        // What the local header and the directory have in common.
        let mut shared = Vec::new();
        shared.extend([VERSION, FLAGS, 0, 0, DATE].iter().flat_map(|v| v.to_le_bytes()));
        shared.extend([crc32fast::hash(data), size32, size32].iter().flat_map(|v| v.to_le_bytes()));
        shared.extend(name_length.to_le_bytes());

        let sizes = if large { vec![size, size] } else { vec![] };
        let local_extra = extra(&sizes);
        let mut local = b"PK\x03\x04".to_vec();
        local.extend(&shared);
        local.extend((local_extra.len() as u16).to_le_bytes());
        local.extend(name.as_bytes());
        local.extend(&local_extra);

        let entry_extra = extra(&if far { [sizes, vec![self.offset]].concat() } else { sizes });
        let entry = &mut self.directory;
        entry.extend(b"PK\x01\x02");
        entry.extend(VERSION.to_le_bytes());
        entry.extend(&shared);
        entry.extend((entry_extra.len() as u16).to_le_bytes());
        entry.extend([0; 10]); // no comment, first disk, no attributes
        entry.extend((if far { u32::MAX } else { self.offset as u32 }).to_le_bytes());
        entry.extend(name.as_bytes());
        entry.extend(&entry_extra);

        self.out.write_all(&local)?;
        self.out.write_all(data)?;
        self.offset += local.len() as u64 + size;
        self.members += 1;
        Ok(())
    }

    pub(super) fn finish(self) -> io::Result<()> {
        let size = self.directory.len() as u64;
        let mut end = Vec::new();
        let many = self.members >= self.limit.min(u64::from(u16::MAX));
        let (large, far) = (size >= self.limit, self.offset >= self.limit);
        if many || large || far {
            end.extend(b"PK\x06\x06");
            end.extend(44_u64.to_le_bytes()); // of this record, after this number
            end.extend([VERSION, VERSION].iter().flat_map(|v| v.to_le_bytes()));
            end.extend([0; 8]); // first disk
            end.extend([self.members, self.members, size, self.offset].iter().flat_map(|v| v.to_le_bytes()));
            end.extend(b"PK\x06\x07\0\0\0\0");
            end.extend((self.offset + size).to_le_bytes());
            end.extend(1_u32.to_le_bytes());
        }
        end.extend(b"PK\x05\x06\0\0\0\0");
        let count = if many { u16::MAX } else { self.members as u16 };
        end.extend([count, count].iter().flat_map(|v| v.to_le_bytes()));
        end.extend((if large { u32::MAX } else { size as u32 }).to_le_bytes());
        end.extend((if far { u32::MAX } else { self.offset as u32 }).to_le_bytes());
        end.extend(0_u16.to_le_bytes());
        self.out.write_all(&self.directory)?;
        self.out.write_all(&end)
    }
}

/// The ZIP64 extra field, or nothing.
fn extra(values: &[u64]) -> Vec<u8> {
    if values.is_empty() {
        return Vec::new();
    }
    let mut field = vec![1, 0];
    field.extend((8 * values.len() as u16).to_le_bytes());
    field.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(limit: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let mut archive = Archive { limit, ..Archive::new(&mut out) };
        archive.add("a", b"hello").unwrap();
        archive.add("\u{3bb}", b"").unwrap();
        archive.finish().unwrap();
        out
    }

    fn u32_at(bytes: &[u8], i: usize) -> u32 {
        u32::from_le_bytes(bytes[i..i + 4].try_into().unwrap())
    }

    fn u64_at(bytes: &[u8], i: usize) -> u64 {
        u64::from_le_bytes(bytes[i..i + 8].try_into().unwrap())
    }

    #[test]
    fn the_directory_points_to_every_member() {
        let bytes = archive(u64::from(u32::MAX));
        let end = bytes.len() - 22;
        assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
        let directory = u32_at(&bytes, end + 16) as usize;
        assert_eq!(directory + u32_at(&bytes, end + 12) as usize, end);
        assert_eq!(&bytes[directory..directory + 4], b"PK\x01\x02");
        assert_eq!(u32_at(&bytes, directory + 16), 0x3610_a686, "CRC-32 of hello");
        let second = directory + 46 + 1;
        let offset = u32_at(&bytes, second + 42) as usize;
        assert_eq!(&bytes[offset..offset + 4], b"PK\x03\x04");
        assert_eq!(&bytes[offset + 30..offset + 32], "\u{3bb}".as_bytes());
    }

    #[test]
    fn large_archives_use_the_wide_records() {
        let bytes = archive(1);
        let locator = bytes.len() - 22 - 20;
        assert_eq!(&bytes[locator..locator + 4], b"PK\x06\x07");
        let wide_end = u64_at(&bytes, locator + 8) as usize;
        assert_eq!(&bytes[wide_end..wide_end + 4], b"PK\x06\x06");
        assert_eq!(wide_end + 56, locator);
        assert_eq!(u64_at(&bytes, wide_end + 32), 2, "members");
        let directory = u64_at(&bytes, wide_end + 48) as usize;
        assert_eq!(&bytes[directory..directory + 4], b"PK\x01\x02");
        assert_eq!(u32_at(&bytes, directory + 24), u32::MAX);
        assert_eq!(u64_at(&bytes, directory + 46 + 1 + 4), 5, "size of hello");
    }
}
