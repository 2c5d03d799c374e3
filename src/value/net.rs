//! inet, cidr and MAC addresses; inet with its mask.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::wire::Reader;
use super::{Cell, Parsed, Target, Type, Unreadable, put_framed, tag};

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
pub fn text(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    match target.ty {
        Type::Inet => inet_text(text, false, out),
        Type::Cidr => inet_text(text, true, out),
        Type::MacAddr => mac_text(text.trim(), 6, out),
        Type::MacAddr8 => mac_text(text.trim(), 8, out),
        _ => Err(Unreadable),
    }
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of `target`.
pub fn wire(bytes: &[u8], from: &Type, _target: &Target, out: &mut Vec<u8>) -> Parsed {
    match (from, bytes.len()) {
        (Type::Inet | Type::Cidr, _) => inet_wire(bytes, out),
        (Type::MacAddr, 6) | (Type::MacAddr8, 8) => {
            put_framed(out, tag::MACADDR, bytes);
            Ok(())
        }
        _ => Err(Unreadable),
    }
}

fn inet_wire(bytes: &[u8], out: &mut Vec<u8>) -> Parsed {
    let mut reader = Reader::new(bytes);
    let [family, bits, cidr, len] = reader.take()?;
    // PostgreSQL's own numbers, the same on every system.
    match (family, len) {
        (2, 4) => put_inet(bits, cidr != 0, &reader.take::<4>()?, out)?,
        (3, 16) => put_inet(bits, cidr != 0, &reader.take::<16>()?, out)?,
        _ => return Err(Unreadable),
    }
    reader.end()
}

fn put_inet(bits: u8, cidr: bool, address: &[u8], out: &mut Vec<u8>) -> Parsed {
    if usize::from(bits) > address.len() * 8 || (cidr && has_host_bits(bits, address)) {
        return Err(Unreadable);
    }
    let family = if address.len() == 4 { 4 } else { 6 };
    let mut payload = [0; 19];
    payload[..3].copy_from_slice(&[family, bits, u8::from(cidr)]);
    payload[3..3 + address.len()].copy_from_slice(address);
    put_framed(out, tag::INET, &payload[..3 + address.len()]);
    Ok(())
}

/// Whether a bit behind the mask is set, which no network has.
fn has_host_bits(bits: u8, address: &[u8]) -> bool {
    let whole = usize::from(bits / 8);
    address[whole..].iter().enumerate().any(|(index, byte)| {
        let mask = if index == 0 { 0xff >> (bits % 8) } else { 0xff };
        byte & mask != 0
    })
}

fn inet_text(text: &str, cidr: bool, out: &mut Vec<u8>) -> Parsed {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(mask(bits)?)),
        None => (text, None),
    };
    if address.contains(':') {
        let address: Ipv6Addr = address.parse().map_err(|_| Unreadable)?;
        return put_inet(bits.unwrap_or(128), cidr, &address.octets(), out);
    }
    let (octets, count) = octets(address)?;
    let bits = match bits {
        // A mask may not reach behind what was written, save in a cidr, which
        // is filled with zeros.
        Some(bits) if !cidr && usize::from(bits / 8) > count => return Err(Unreadable),
        Some(bits) => bits,
        None if count == 4 => 32,
        None if cidr => class_bits(octets[0], count),
        None => return Err(Unreadable),
    };
    put_inet(bits, cidr, &octets, out)
}

fn mask(bits: &str) -> Parsed<u8> {
    match bits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => bits.parse().map_err(|_| Unreadable),
        false => Err(Unreadable),
    }
}

/// One to four octets in decimal, and how many.
fn octets(address: &str) -> Parsed<([u8; 4], usize)> {
    let (mut octets, mut count) = ([0; 4], 0);
    for octet in address.split('.') {
        if octet.is_empty() || !octet.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Unreadable);
        }
        let place = octets.get_mut(count).ok_or(Unreadable)?;
        *place = octet.parse().map_err(|_| Unreadable)?;
        count += 1;
    }
    Ok((octets, count))
}

/// The mask of a network of which fewer than four octets and no mask are
/// written: that of its class, or what is written if that is longer.
fn class_bits(first: u8, count: usize) -> u8 {
    let class = match first {
        240.. => 32,
        224.. => 8,
        192.. => 24,
        128.. => 16,
        _ => 8,
    };
    match class.max(count as u8 * 8) {
        8 if first == 224 => 4,
        bits => bits,
    }
}

/// Pairs of hexadecimal digits, with one separator or none: in six bytes in
/// groups of equal length, in eight between any two pairs, as PostgreSQL has it.
/// Six bytes where eight are due become eight as EUI-64 says.
fn mac_text(text: &str, want: usize, out: &mut Vec<u8>) -> Parsed {
    let mut bytes = Vec::with_capacity(8);
    let separator = text.chars().find(|c| matches!(c, ':' | '-' | '.'));
    let groups: Vec<_> = match separator {
        Some(separator) => text.split(separator).collect(),
        None => vec![text],
    };
    let short = groups.len() == want && groups.iter().any(|group| group.len() == 1);
    let unequal = groups.iter().any(|group| group.len() != groups[0].len());
    if want == 6 && !short && unequal {
        return Err(Unreadable);
    }
    for group in groups {
        let lone = short && group.len() == 1;
        let group = if lone {
            format!("0{group}")
        } else {
            group.to_owned()
        };
        if group.len() % 2 == 1 || !group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Unreadable);
        }
        for pair in group.as_bytes().chunks_exact(2) {
            let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
            bytes.push(digit(pair[0]) << 4 | digit(pair[1]));
        }
        if bytes.len() > want {
            return Err(Unreadable);
        }
    }
    if (bytes.len(), want) == (6, 8) {
        bytes.splice(3..3, [0xff, 0xfe]);
    }
    if bytes.len() != want {
        return Err(Unreadable);
    }
    put_framed(out, tag::MACADDR, &bytes);
    Ok(())
}

/// Appends the canonical text of a cell that this module made: a cidr always
/// with its mask, an inet where it is not the whole address.
pub fn show(cell: Cell<'_>, out: &mut String) {
    if cell.tag == tag::MACADDR {
        for (index, byte) in cell.payload.iter().enumerate() {
            let separator = if index > 0 { ":" } else { "" };
            let _ = write!(out, "{separator}{byte:02x}"); // a String takes anything
        }
        return;
    }
    let (bits, cidr, address) = (cell.payload[1], cell.payload[2] == 1, &cell.payload[3..]);
    let _ = if let Ok(octets) = <[u8; 4]>::try_from(address) {
        write!(out, "{}", Ipv4Addr::from(octets))
    } else {
        let octets = <[u8; 16]>::try_from(address).unwrap_or_default();
        write!(out, "{}", Ipv6Addr::from(octets))
    };
    if cidr || usize::from(bits) < address.len() * 8 {
        let _ = write!(out, "/{bits}");
    }
}

#[cfg(test)]
mod tests;
