//! A scene as SVG. Text stays text, in the reader's sans-serif; whatever users call things is escaped.

use super::label::{Label, Shift};
use super::raster;
use super::scene::{Anchor, Colour, Item, Point, Rectangle, Scene, Stroke, Text};
use std::fmt::Write as _;
use std::io;

pub(super) fn svg(scene: &Scene) -> io::Result<String> {
    let (width, height) = (number(scene.width), number(scene.height));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out += &format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{width}pt\" height=\"{height}pt\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" xml:space=\"preserve\" font-family=\"'Noto Sans', sans-serif\">\n"
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
    let anchor = match text.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let turned = if text.upward { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
    let size = number(text.size);
    let fill = if text.colour == Colour::BLACK { String::new() } else { format!(" fill=\"{}\"", hex(text.colour)) };
    let content = spans(&text.label, text.size);
    format!("<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\"{turned}{fill}>{content}</text>\n")
}

/// A `dy` moves the baseline for all that follows, so each stretch moves relative to the one before it.
fn spans(label: &Label, size: f64) -> String {
    let mut rise = 0.0;
    let mut out = String::new();
    for span in &label.spans {
        let target = size * span.shift.rise();
        let mut style = String::new();
        if target != rise {
            let _ = write!(style, " dy=\"{}\"", number(rise - target)); // a String takes all that is written
        }
        if span.shift != Shift::None {
            let _ = write!(style, " font-size=\"{}\"", number(size * span.shift.scale()));
        }
        if span.italic {
            style += " font-style=\"italic\"";
        }
        rise = target;
        let text = escaped(&span.text);
        out += &if style.is_empty() { text } else { format!("<tspan{style}>{text}</tspan>") };
    }
    out
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

    #[test]
    fn the_baseline_returns_after_a_superscript() {
        let content = spans(&Label::math("10^{−3} *s*"), 10.0);
        assert_eq!(
            content,
            "10<tspan dy=\"-3.6\" font-size=\"7\">−3</tspan><tspan dy=\"3.6\"> </tspan><tspan font-style=\"italic\">s</tspan>"
        );
    }
}
