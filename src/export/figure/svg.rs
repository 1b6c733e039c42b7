//! A scene as SVG. Letters are the outlines of the bundled typeface, so that every reader sees what the PNG shows, whatever typefaces it
//! has; what they say stands beside them as a label, in which whatever users call things is escaped.

use super::font::{self, Pen};
use super::raster;
use super::scene::{Colour, Item, Point, Rectangle, Scene, Stroke, Text};
use std::io;

pub(super) fn svg(scene: &Scene) -> io::Result<String> {
    let (width, height) = (number(scene.width), number(scene.height));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out += &format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{width}pt\" height=\"{height}pt\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n"
    );
    out += &format!("<title>{}</title>\n", escaped(&scene.description));
    out += &format!("<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n");
    for item in &scene.items {
        out += &match item {
            Item::Image { place, columns, rows, pixels } => image(place, *columns, *rows, pixels)?,
            Item::Fill { points, colour, opacity } => {
                format!(
                    "<path d=\"{}Z\" fill=\"{}\"{}/>\n",
                    path(points),
                    hex(*colour),
                    attribute("fill-opacity", *opacity, 1.0)
                )
            }
            Item::Lines { lines, stroke } => drawn(lines, stroke),
            Item::Text(text) => written(text),
        };
    }
    out += "</svg>\n";
    Ok(out)
}

fn image(place: &Rectangle, columns: usize, rows: usize, pixels: &[[u8; 3]]) -> io::Result<String> {
    let data = base64(&raster::png(columns, rows, pixels.as_flattened(), None)?);
    Ok(format!(
        "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" \
         xlink:href=\"data:image/png;base64,{data}\"/>\n",
        number(place.left),
        number(place.top),
        number(place.width),
        number(place.height)
    ))
}

fn drawn(lines: &[Vec<Point>], stroke: &Stroke) -> String {
    let d: String = lines.iter().map(|line| path(line)).collect();
    let dash = if stroke.dash.is_empty() {
        String::new()
    } else {
        let lengths: Vec<String> = stroke.dash.iter().map(|length| number(*length)).collect();
        format!(" stroke-dasharray=\"{}\"", lengths.join(" "))
    };
    format!(
        "<path d=\"{d}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{dash}{}/>\n",
        hex(stroke.colour),
        number(stroke.width),
        attribute("stroke-opacity", stroke.opacity, 1.0)
    )
}

fn written(text: &Text) -> String {
    let (x, y) = (number(text.at.0), number(text.at.1));
    let mut outline = Outline(String::new());
    font::draw(text, &mut outline);
    let turned = if text.upward { " rotate(-90)" } else { "" };
    let label = escaped(&text.label.to_string());
    format!(
        "<path role=\"img\" aria-label=\"{label}\" transform=\"translate({x} {y}){turned}\" fill=\"{}\" d=\"{}\"/>\n",
        hex(text.colour),
        outline.0
    )
}

/// Outlines as path data.
struct Outline(String);

impl Outline {
    fn push(&mut self, command: char, points: &[Point]) {
        self.0.push(command);
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{} {}", number(*x), number(*y))).collect();
        self.0 += &points.join(" ");
    }
}

impl Pen for Outline {
    fn move_to(&mut self, to: Point) {
        self.push('M', &[to]);
    }

    fn line_to(&mut self, to: Point) {
        self.push('L', &[to]);
    }

    fn quad_to(&mut self, control: Point, to: Point) {
        self.push('Q', &[control, to]);
    }

    fn curve_to(&mut self, first: Point, second: Point, to: Point) {
        self.push('C', &[first, second, to]);
    }

    fn close(&mut self) {
        self.push('Z', &[]);
    }
}

fn path(points: &[Point]) -> String {
    let mut out = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        out.push(if i == 0 { 'M' } else { 'L' });
        out += &number(*x);
        out.push(' ');
        out += &number(*y);
    }
    out
}

fn attribute(name: &str, value: f64, default: f64) -> String {
    if value == default { String::new() } else { format!(" {name}=\"{}\"", number(value)) }
}

/// Two decimals: a hundredth of a point is less than a printer's dot.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn hex(colour: Colour) -> String {
    format!("#{:06x}", colour.0)
}

/// XML's own characters as references, and those that XML forbids as replacement characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, i| group << 8 | u32::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let digit = ALPHABET[(group >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let vectors =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in vectors {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn numbers_have_at_most_two_decimals() {
        assert_eq!([0.0, -0.001, 1.5, 100.0, 2.0 / 3.0].map(number), ["0", "0", "1.5", "100", "0.67"]);
    }
}
