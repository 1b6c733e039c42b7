//! Figures as their readers get them: SVG that parses and says what it shows, PNG with the right colours in the right
//! places.

use proptest::prelude::*;
use specdyn::export::{
    Axis, Boundary, Column, Curve, Figure, HeatMap, Label, Level, Marker, PhaseDiagram, ProofBox, ProofDiagram,
    ProofPanel, Role, Row, Scale, TimeAxis, Trajectories, ValueAxis,
};

fn diagram(columns: usize, rows: usize, cells: Vec<Result<f64, String>>) -> PhaseDiagram {
    let steps = |count: usize| (0..count).map(move |k| k as f64 / (count - 1).max(1) as f64);
    let x = Axis {
        label: Label::math("spike strength *λ*"),
        scale: Scale::Linear,
        values: steps(columns).map(|k| 20.0 * k).collect(),
    };
    let y = Axis {
        label: Label::math("initial coefficient *α*"),
        scale: Scale::Log,
        values: steps(rows).map(|k| libm::exp10(5.0 * k - 6.0)).collect(),
    };
    let theory = Some(Boundary::vertical("theory", 2.0, &y));
    let panels = vec![
        HeatMap { title: "GD".into(), cells: cells.clone(), theory },
        HeatMap { title: "SpecGD".into(), cells, theory: None },
    ];
    let value = ValueAxis { label: "amplification".into(), scale: Scale::Log, range: None };
    PhaseDiagram { title: None, x, y, value, panels, level: Some(Level { name: "numerical".into(), value: 2.0 }) }
}

fn trajectories(values: &[f64]) -> Trajectories {
    let points: Vec<(f64, f64)> = values.iter().enumerate().map(|(k, value)| (k as f64, *value)).collect();
    let band = points.iter().map(|(t, value)| (*t, value / 2.0, value * 2.0)).collect();
    let curve = Curve { band, ..Curve::new(Role::Signal, "signal", points) };
    let column = Column {
        title: "GD".into(),
        curves: vec![vec![curve.clone()], vec![Curve { reference: true, ..curve }]],
        markers: vec![Marker { time: 1.0, label: "escape".into() }],
    };
    let row = |scale| Row { label: "quantity".into(), scale, range: None };
    let time = TimeAxis { label: Label::math("time *t*"), scale: Scale::Linear };
    Trajectories { title: None, time, rows: vec![row(Scale::Log), row(Scale::Linear)], columns: vec![column; 2] }
}

fn svg(figure: &Figure) -> String {
    let mut out = Vec::new();
    figure.write_svg(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What the letters of a figure say.
fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    document.descendants().filter_map(|node| node.attribute("aria-label")).map(String::from).collect()
}

struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

fn png(figure: &Figure) -> Picture {
    let mut out = Vec::new();
    figure.write_png(&mut out).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(out)).read_info().unwrap();
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut buffer).unwrap();
    let dimensions = reader.info().pixel_dims.unwrap();
    assert_eq!((dimensions.xppu, dimensions.unit), (11339, png::Unit::Meter), "288 dots an inch");
    Picture {
        width: info.width as usize,
        height: info.height as usize,
        pixels: buffer.chunks(3).map(|p| [p[0], p[1], p[2]]).collect(),
    }
}

/// The first image in an SVG, which is the first panel: left, top, width, height in points.
fn first_panel(svg: &str) -> [f64; 4] {
    let document = roxmltree::Document::parse(svg).unwrap();
    let image = document.descendants().find(|node| node.has_tag_name("image")).unwrap();
    ["x", "y", "width", "height"].map(|name| image.attribute(name).unwrap().parse().unwrap())
}

#[test]
fn the_svg_says_what_the_axes_the_panels_and_the_lines_are() {
    let cells = (0..48).map(|k| Ok(libm::exp10(f64::from(k % 8)))).collect();
    let texts = texts(&svg(&diagram(8, 6, cells).draw().unwrap()));
    for expected in [
        "0",
        "5",
        "20",
        "10−6",
        "10−1",
        "100",
        "106",
        "GD",
        "SpecGD",
        "spike strength λ",
        "initial coefficient α",
        "amplification",
        "theory",
        "numerical",
    ] {
        assert!(texts.iter().any(|text| text == expected), "{expected} is missing in {texts:?}");
    }
}

#[test]
fn failures_are_named_in_the_legend_and_hatched() {
    let failing = |reason: &str| diagram(2, 1, vec![Ok(1.0), Err(reason.to_owned())]);
    let drawn = svg(&failing("diverged").draw().unwrap());
    assert!(texts(&drawn).contains(&"diverged".to_owned()));
    let infinite = svg(&diagram(2, 1, vec![Ok(1.0), Ok(f64::INFINITY)]).draw().unwrap());
    assert!(texts(&infinite).contains(&"not finite".to_owned()));
    let many = diagram(5, 1, ["a", "b", "c", "d", "a"].map(|reason| Err(reason.to_owned())).into());
    let texts = texts(&svg(&many.draw().unwrap()));
    assert!(texts.contains(&"other failures".to_owned()) && !texts.contains(&"c".to_owned()));
    assert!(!texts.contains(&"amplification".to_owned()), "no value, no colour bar");
}

#[test]
fn names_cannot_smuggle_anything_into_the_svg() {
    let hostile = "</text><script>alert('x')</script>\"&amp;\u{0}\u{1b}[31m";
    let mut figure = diagram(1, 1, vec![Err(hostile.into())]);
    figure.title = Some(hostile.into());
    figure.x.label = Label::math(hostile);
    figure.panels[0].title = hostile.into();
    let svg = svg(&figure.draw().unwrap());
    let document = roxmltree::Document::parse(&svg).unwrap();
    assert!(document.descendants().all(|node| !node.has_tag_name("script")));
    let shown = "</text><script>alert('x')</script>\"&amp;\u{fffd}\u{fffd}[31m";
    assert_eq!(texts(&svg).iter().filter(|text| *text == shown).count(), 5);
}

/// A reader without our typeface must not set the text wider than the layout knows: letters are outlines, and lie on the page.
#[test]
fn letters_of_the_svg_are_outlines_within_the_page() {
    let figure = diagram(8, 6, (0..48).map(|k| Ok(libm::exp10(f64::from(k % 8)))).collect()).draw().unwrap();
    let svg = svg(&figure);
    let document = roxmltree::Document::parse(&svg).unwrap();
    assert!(!svg.contains("<text") && !svg.contains("font-family"));
    let numbers = |text: &str| -> Vec<f64> {
        text.split(|c: char| !c.is_ascii_digit() && !"-.".contains(c)).filter_map(|x| x.parse().ok()).collect()
    };
    let mut letters = 0;
    for text in document.descendants().filter(|node| node.attribute("aria-label").is_some()) {
        let (place, outline) = (text.attribute("transform").unwrap(), numbers(text.attribute("d").unwrap()));
        let upward = place.ends_with(" rotate(-90)");
        let at = numbers(place);
        for point in outline.chunks(2) {
            let (x, y) =
                if upward { (at[0] + point[1], at[1] - point[0]) } else { (at[0] + point[0], at[1] + point[1]) };
            assert!((0.0..=figure.size().0).contains(&x) && (0.0..=figure.size().1).contains(&y), "{text:?}");
            letters += 1;
        }
    }
    assert!(letters > 1000);
}

#[test]
fn the_png_has_the_size_of_the_figure_and_the_colours_of_the_cells() {
    // Two rows: low values on the left, high on the right, a failure at the top right.
    let figure = diagram(2, 2, vec![Ok(1.0), Ok(100.0), Ok(1.0), Err("diverged".into())]).draw().unwrap();
    let picture = png(&figure);
    let (width, height) = figure.size();
    assert_eq!((picture.width as f64, picture.height as f64), (4.0 * width, 4.0 * height));
    assert_eq!(picture.pixels[0], [255; 3]);
    let [left, top, across, down] = first_panel(&svg(&figure));
    let at = |x: f64, y: f64| {
        let (x, y) = ((4.0 * (left + x * across)) as usize, (4.0 * (top + y * down)) as usize);
        picture.pixels[y * picture.width + x]
    };
    assert_eq!(at(0.05, 0.9), [0x44, 0x01, 0x54]);
    assert_eq!(at(0.95, 0.9), [0xfd, 0xe7, 0x25]);
    let corner: Vec<[u8; 3]> = (0..200).map(|k| at(0.7 + 0.001 * f64::from(k), 0.1)).collect();
    let (ground, lines) = (corner.contains(&[0xec; 3]), corner.iter().any(|pixel| pixel[0] < 0xa0));
    assert!(ground && lines, "hatched: {corner:?}");
}

#[test]
fn the_same_description_gives_the_same_bytes() {
    let cells: Vec<_> = (0..48).map(|k| Ok(1.0 + f64::from(k))).collect();
    let draw = || {
        let figure = diagram(8, 6, cells.clone()).draw().unwrap();
        let mut png = Vec::new();
        figure.write_png(&mut png).unwrap();
        (svg(&figure), png)
    };
    assert_eq!(draw(), draw());
}

#[test]
fn a_description_that_makes_no_sense_is_refused_with_its_part() {
    let good = || diagram(2, 2, vec![Ok(1.0); 4]);
    let error = |change: &dyn Fn(&mut PhaseDiagram)| {
        let mut figure = good();
        change(&mut figure);
        figure.draw().unwrap_err().to_string()
    };
    assert!(error(&|f| f.x.values.clear()).contains("horizontal axis: it has no values"));
    assert!(error(&|f| f.x.values.reverse()).contains("must increase"));
    assert!(error(&|f| f.y.values[0] = 0.0).contains("vertical axis: its values must be finite, and positive"));
    assert!(error(&|f| f.x.values[1] = f64::NAN).contains("must be finite"));
    assert!(error(&|f| f.panels.clear()).contains("no panel"));
    assert!(error(&|f| f.panels[1].cells.truncate(3)).contains("panel \"SpecGD\": it has 3 cells, and the grid 4"));
    assert!(error(&|f| f.value.range = Some((0.0, 1.0))).contains("colours"));

    let error = |change: &dyn Fn(&mut Trajectories)| {
        let mut figure = trajectories(&[1.0, 0.5]);
        change(&mut figure);
        figure.draw().unwrap_err().to_string()
    };
    assert!(error(&|f| f.columns.clear()).contains("no row or no column"));
    assert!(error(&|f| f.columns[0].curves.truncate(1)).contains("it has 1 panels, and the figure 2 rows"));
    assert!(error(&|f| f.rows[0].range = Some((1.0, 1.0))).contains("row \"quantity\""));
}

#[test]
fn trajectories_name_curves_events_and_axes_once() {
    let texts = texts(&svg(&trajectories(&[1e-3, 0.5, 1.0]).draw().unwrap()));
    let count = |wanted: &str| texts.iter().filter(|text| *text == wanted).count();
    assert_eq!(count("signal"), 2, "the curve and its reference");
    assert_eq!((count("escape"), count("GD"), count("time t"), count("quantity")), (2, 2, 2, 2));
    assert_eq!(count("10−2"), 1);
}

fn any_value() -> impl Strategy<Value = f64> {
    let special =
        prop::sample::select(vec![0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX, f64::MIN_POSITIVE, 5e-324, -f64::MAX]);
    prop_oneof![special, -1e3..1e3_f64, any::<f64>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_values_make_drawing_fail(
        (columns, rows, log) in (1..4_usize, 1..4_usize, any::<bool>()),
        seed in prop::collection::vec(any_value(), 9),
        level in any_value(),
    ) {
        let cells = (0..columns * rows).map(|k| Ok(seed[k])).collect();
        let mut figure = diagram(columns, rows, cells);
        figure.value.scale = if log { Scale::Log } else { Scale::Linear };
        figure.level = Some(Level { name: "level".into(), value: level });
        let drawn = figure.draw().unwrap();
        let svg = self::svg(&drawn);
        prop_assert!(roxmltree::Document::parse(&svg).is_ok());
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
        png(&drawn);
        let drawn = trajectories(&seed).draw().unwrap();
        let svg = self::svg(&drawn);
        prop_assert!(roxmltree::Document::parse(&svg).is_ok());
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
        png(&drawn);
    }
}

/// Whatever an undecided box touches is drawn as undecided, be it much smaller than a pixel; and the legend says so, only then.
#[test]
fn an_undecided_box_is_never_too_small_to_be_seen() {
    let axis = |name: &str| Axis { label: name.into(), scale: Scale::Linear, values: vec![0.0, 1.0] };
    let draw = |class: Option<usize>| {
        let thin = 0.5 + 1e-9;
        let area = |x: (f64, f64), class| ProofBox { x, y: (0.0, 1.0), class };
        let boxes = vec![area((0.0, 0.5), Some(0)), area((0.5, thin), class), area((thin, 1.0), Some(1))];
        let classes = vec!["not amplified".into(), "amplified".into()];
        let panels = vec![ProofPanel { title: "GD".into(), boxes, theory: None }];
        ProofDiagram { title: None, x: axis("x"), y: axis("y"), classes, panels }.draw().unwrap()
    };
    let (decided, undecided) = (draw(Some(0)), draw(None));
    assert!(!texts(&svg(&decided)).contains(&"undecided".to_string()));
    assert!(texts(&svg(&undecided)).contains(&"undecided".to_string()));
    // In the upper half of the figure there is no legend, and this colour is the ground of what is not decided.
    let pale = |picture: &Picture| {
        let upper = picture.pixels.len() / 2;
        picture.pixels[..upper].iter().filter(|pixel| **pixel == [0xec; 3]).count()
    };
    let (before, after) = (pale(&png(&decided)), pale(&png(&undecided)));
    assert!(after > before + 100, "{before} {after}");
    let nowhere = ProofDiagram { title: None, x: axis("x"), y: axis("y"), classes: vec![], panels: vec![] };
    assert!(nowhere.draw().unwrap_err().to_string().contains("no panel"));
}
