//! A scene as PNG, drawn at four pixels a point (288 dots an inch) with the bundled typeface.

use super::font::{self, Pen};
use super::scene::{Colour, Item, Point, Rectangle, Scene, Stroke, Text};
use std::io;
use tiny_skia::{FillRule, LineJoin, Paint, PathBuilder, Pixmap, PremultipliedColorU8, StrokeDash, Transform};

/// Pixels in a point. Layouts in quarters of a point fall on whole pixels.
pub(super) const PIXELS: f64 = 4.0;

pub(super) fn raster(scene: &Scene) -> io::Result<Vec<u8>> {
    let pixels = |length: f64| (length * PIXELS).ceil() as u32;
    let mut canvas = Pixmap::new(pixels(scene.width), pixels(scene.height))
        .ok_or_else(|| io::Error::other("the figure is too large for a bitmap"))?;
    canvas.fill(tiny_skia::Color::WHITE);
    for item in &scene.items {
        match item {
            Item::Image { place, columns, rows, pixels } => image(&mut canvas, place, *columns, *rows, pixels),
            Item::Fill { points, colour, opacity } => {
                if let Some(path) = path(std::slice::from_ref(points), true) {
                    canvas.fill_path(&path, &paint(*colour, *opacity), FillRule::Winding, scale(), None);
                }
            }
            Item::Lines { lines, stroke } => draw(&mut canvas, lines, stroke),
            Item::Text(text) => write(&mut canvas, text),
        }
    }
    // The page is opaque, so premultiplied colours are plain ones.
    let rgb: Vec<u8> = canvas.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    png(canvas.width() as usize, canvas.height() as usize, &rgb, Some(PIXELS * 72.0))
}

/// Encodes RGB pixels; `resolution` in dots an inch lets programs place the picture at its true size.
pub(super) fn png(width: usize, height: usize, rgb: &[u8], resolution: Option<f64>) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_pixel_dims(resolution.map(|dots| {
        let per_metre = (dots / 0.0254).round() as u32;
        png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }
    }));
    let mut writer = encoder.write_header().map_err(io::Error::other)?;
    writer.write_image_data(rgb).map_err(io::Error::other)?;
    writer.finish().map_err(io::Error::other)?;
    Ok(out)
}

fn scale() -> Transform {
    Transform::from_scale(PIXELS as f32, PIXELS as f32)
}

fn paint(colour: Colour, opacity: f64) -> Paint<'static> {
    let [r, g, b] = colour.rgb();
    let mut paint = Paint::default();
    paint.set_color_rgba8(r, g, b, (255.0 * opacity).round() as u8);
    paint
}

fn image(canvas: &mut Pixmap, place: &Rectangle, columns: usize, rows: usize, pixels: &[[u8; 3]]) {
    let (width, height) = (canvas.width() as usize, canvas.height() as usize);
    let edge = |length: f64| (length * PIXELS).round().max(0.0) as usize;
    let (left, top) = (edge(place.left), edge(place.top));
    let (across, down) = (edge(place.right()) - left, edge(place.bottom()) - top);
    for y in 0..down.min(height - top) {
        for x in 0..across.min(width - left) {
            let [r, g, b] = pixels[(y * rows / down) * columns + x * columns / across];
            if let Some(opaque) = PremultipliedColorU8::from_rgba(r, g, b, 255) {
                canvas.pixels_mut()[(top + y) * width + left + x] = opaque;
            }
        }
    }
}

fn draw(canvas: &mut Pixmap, lines: &[Vec<Point>], stroke: &Stroke) {
    let Some(path) = path(lines, false) else { return };
    let style = tiny_skia::Stroke {
        width: stroke.width as f32,
        line_join: LineJoin::Round,
        dash: StrokeDash::new(stroke.dash.iter().map(|length| *length as f32).collect(), 0.0),
        ..tiny_skia::Stroke::default()
    };
    canvas.stroke_path(&path, &paint(stroke.colour, stroke.opacity), &style, scale(), None);
}

fn path(lines: &[Vec<Point>], closed: bool) -> Option<tiny_skia::Path> {
    let mut builder = PathBuilder::new();
    for line in lines {
        for (i, (x, y)) in line.iter().enumerate() {
            if i == 0 {
                builder.move_to(*x as f32, *y as f32);
            } else {
                builder.line_to(*x as f32, *y as f32);
            }
        }
        if closed {
            builder.close();
        }
    }
    builder.finish()
}

fn write(canvas: &mut Pixmap, text: &Text) {
    let mut outline = Outline(PathBuilder::new());
    font::draw(text, &mut outline);
    let Some(path) = outline.0.finish() else { return };
    let turned = if text.upward { Transform::from_row(0.0, -1.0, 1.0, 0.0, 0.0, 0.0) } else { Transform::identity() };
    let placed = turned.post_translate(text.at.0 as f32, text.at.1 as f32).post_concat(scale());
    canvas.fill_path(&path, &paint(text.colour, 1.0), FillRule::Winding, placed, None);
}

struct Outline(PathBuilder);

impl Pen for Outline {
    fn move_to(&mut self, (x, y): Point) {
        self.0.move_to(x as f32, y as f32);
    }

    fn line_to(&mut self, (x, y): Point) {
        self.0.line_to(x as f32, y as f32);
    }

    fn quad_to(&mut self, (x1, y1): Point, (x, y): Point) {
        self.0.quad_to(x1 as f32, y1 as f32, x as f32, y as f32);
    }

    fn curve_to(&mut self, (x1, y1): Point, (x2, y2): Point, (x, y): Point) {
        self.0.cubic_to(x1 as f32, y1 as f32, x2 as f32, y2 as f32, x as f32, y as f32);
    }

    fn close(&mut self) {
        self.0.close();
    }
}
