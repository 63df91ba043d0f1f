//! Plots as SVG and PNG, drawn by plotters on a white background with a font of its own.

use super::year::shade;
use super::{Chart, Columns, Lines, Plot, Year};
use anyhow::{Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};
use std::sync::Once;

/// Inter, cut to the characters of labels; its license is beside it.
const FONT: &[u8] = include_bytes!("../../../assets/inter-subset.ttf");
const FAMILY: &str = "sans-serif";
const WIDTH: u32 = 1000;
const TITLE_SIZE: i32 = 18;
const LABEL_SIZE: i32 = 13;
const LEFT: i32 = 80;
const RIGHT: i32 = 20;
const TOP: i32 = 40;
const BOTTOM: i32 = 40;
const INK: RGBColor = RGBColor(40, 44, 52);
const MUTED: RGBColor = RGBColor(110, 118, 129);
const GRID: RGBColor = RGBColor(225, 228, 232);
const BAR: RGBColor = RGBColor(47, 111, 181);
const BEFORE: RGBColor = RGBColor(217, 112, 26);
/// Readable for people who see red and green alike.
const LINES: [RGBColor; 6] = [
    BAR,
    BEFORE,
    RGBColor(0, 138, 112),
    RGBColor(178, 68, 140),
    RGBColor(120, 94, 20),
    RGBColor(80, 80, 80),
];
const SHADES: [RGBColor; 5] = [
    RGBColor(235, 237, 240),
    RGBColor(178, 208, 240),
    RGBColor(112, 166, 222),
    RGBColor(47, 111, 181),
    RGBColor(18, 62, 120),
];
const WEEKDAYS: [(usize, &str); 3] = [(0, "Mon"), (2, "Wed"), (4, "Fri")];
/// Bytes of a chunk in kitty's protocol.
const CHUNK: usize = 4096;

fn height(chart: &Chart) -> u32 {
    match chart {
        Chart::Columns(_) => 340,
        Chart::Lines(lines) => 340 + 20 * lines.lines.len() as u32,
        Chart::Year(_) => 220,
    }
}

fn size(plot: &Plot) -> (u32, u32) {
    (WIDTH, plot.charts.iter().map(height).sum::<u32>().max(1))
}

/// # Errors
/// When a chart could not be drawn.
pub fn svg(plot: &Plot) -> Result<String> {
    let mut text = String::new();
    draw(
        &SVGBackend::with_string(&mut text, size(plot)).into_drawing_area(),
        plot,
    )?;
    Ok(text)
}

/// # Errors
/// When a chart could not be drawn.
pub fn png(plot: &Plot) -> Result<Vec<u8>> {
    let (width, height) = size(plot);
    let pixels = pixels(plot)?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

/// Red, green and blue of each pixel.
fn pixels(plot: &Plot) -> Result<Vec<u8>> {
    let (width, height) = size(plot);
    let mut pixels = vec![0; (width * height * 3) as usize];
    draw(
        &BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area(),
        plot,
    )?;
    Ok(pixels)
}

/// The plot in sixels.
///
/// # Errors
/// When a chart could not be drawn.
pub fn sixel(plot: &Plot) -> Result<String> {
    use icy_sixel::{DiffusionMethod, MethodForLargest, MethodForRep, PixelFormat, Quality, sixel_string};
    let (width, height) = size(plot);
    let drawn = sixel_string(
        &pixels(plot)?,
        i32::try_from(width)?,
        i32::try_from(height)?,
        PixelFormat::RGB888,
        // A plot has few colors: dithering would only add dots.
        DiffusionMethod::None,
        MethodForLargest::Auto,
        MethodForRep::Auto,
        Quality::HIGH,
    );
    let text = drawn.map_err(|error| anyhow!("could not encode the plot: {error}"))?;
    Ok(format!("{text}\n"))
}

/// A PNG as the graphics protocol of kitty carries it.
///
/// # Errors
/// When a chart could not be drawn.
pub fn kitty(plot: &Plot) -> Result<String> {
    let encoded = STANDARD.encode(png(plot)?);
    let mut text = String::new();
    let mut rest = encoded.as_str();
    let mut keys = "a=T,f=100,";
    loop {
        let (chunk, left) = rest.split_at(rest.len().min(CHUNK));
        let more = u8::from(!left.is_empty());
        text.push_str(&format!("\x1b_G{keys}m={more};{chunk}\x1b\\"));
        (rest, keys) = (left, "");
        if more == 0 {
            break;
        }
    }
    text.push('\n');
    Ok(text)
}

fn draw<B: DrawingBackend>(root: &DrawingArea<B, Shift>, plot: &Plot) -> Result<()> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // Only a damaged font is refused, and then no text could be drawn at all.
        let _ = register_font(FAMILY, FontStyle::Normal, FONT);
    });
    let failed = |error: DrawingAreaErrorKind<B::ErrorType>| anyhow!("could not draw the plot: {error}");
    root.fill(&WHITE).map_err(failed)?;
    let mut top = 0;
    for chart in &plot.charts {
        match chart {
            Chart::Columns(columns) => draw_columns(root, columns, top),
            Chart::Lines(lines) => draw_lines(root, lines, top),
            Chart::Year(year) => draw_year(root, year, top),
        }
        .map_err(failed)?;
        top += i32::try_from(height(chart)).unwrap_or_default();
    }
    root.present().map_err(failed)
}

type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn write<B: DrawingBackend>(
    root: &DrawingArea<B, Shift>,
    text: &str,
    at: (i32, i32),
    size: i32,
    color: RGBColor,
    anchor: HPos,
) -> Drawn<B> {
    let style = TextStyle::from((FAMILY, size).into_font())
        .color(&color)
        .pos(Pos::new(anchor, VPos::Center));
    root.draw(&Text::new(text.to_owned(), at, style))
}

fn title<B: DrawingBackend>(root: &DrawingArea<B, Shift>, text: &str, top: i32) -> Drawn<B> {
    write(root, text, (LEFT, top + TOP / 2), TITLE_SIZE, INK, HPos::Left)
}

/// The area of a chart: left, top, right, bottom.
fn frame(top: i32, height: i32) -> [i32; 4] {
    [LEFT, top + TOP, WIDTH as i32 - RIGHT, top + height - BOTTOM]
}

fn grid<B: DrawingBackend>(root: &DrawingArea<B, Shift>, area: [i32; 4], label: impl Fn(f64) -> String) -> Drawn<B> {
    let [left, top, right, bottom] = area;
    for part in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let y = bottom - (f64::from(bottom - top) * part).round() as i32;
        root.draw(&PathElement::new(vec![(left, y), (right, y)], GRID))?;
        write(root, &label(part), (left - 8, y), LABEL_SIZE, MUTED, HPos::Right)?;
    }
    Ok(())
}

fn draw_columns<B: DrawingBackend>(root: &DrawingArea<B, Shift>, chart: &Columns, top: i32) -> Drawn<B> {
    title(root, &chart.title, top)?;
    let area = frame(top, 340);
    let [left, above, right, bottom] = area;
    let most = chart.most();
    grid(root, area, |part| chart.unit.show(most * part))?;
    let each = f64::from(right - left) / chart.values.len().max(1) as f64;
    let x = |at: usize| left + (each * at as f64).round() as i32;
    let y = |value: f64| match most > 0.0 {
        true => bottom - (f64::from(bottom - above) * value / most).round() as i32,
        false => bottom,
    };
    let gap = if each >= 4.0 {
        (each * 0.2).round().max(1.0) as i32
    } else {
        0
    };
    let mut free = left;
    for (at, value) in chart.values.iter().enumerate() {
        let (from, to) = (x(at), (x(at + 1) - gap).max(x(at) + 1));
        if *value > 0.0 {
            root.draw(&Rectangle::new(
                [(from, y(*value).min(bottom - 1)), (to, bottom)],
                BAR.filled(),
            ))?;
        }
        if let Some(before) = chart.before.get(at).filter(|before| **before > 0.0) {
            let y = y(*before);
            root.draw(&PathElement::new(vec![(from, y), (to, y)], BEFORE.stroke_width(2)))?;
        }
        let label = chart.labels.get(at).map_or("", String::as_str);
        let width = label.len() as i32 * LABEL_SIZE * 6 / 10;
        if from >= free && from + width <= right {
            write(root, label, (from, bottom + 16), LABEL_SIZE, MUTED, HPos::Left)?;
            free = from + width + 16;
        }
    }
    if !chart.before.is_empty() {
        let y = top + TOP / 2;
        root.draw(&PathElement::new(
            vec![(right - 150, y), (right - 130, y)],
            BEFORE.stroke_width(2),
        ))?;
        write(
            root,
            "the period before",
            (right - 122, y),
            LABEL_SIZE,
            MUTED,
            HPos::Left,
        )?;
    }
    Ok(())
}

fn draw_lines<B: DrawingBackend>(root: &DrawingArea<B, Shift>, chart: &Lines, top: i32) -> Drawn<B> {
    title(root, &chart.title, top)?;
    let area = frame(top, 340);
    let [left, above, right, bottom] = area;
    let most = chart.most().max(f64::MIN_POSITIVE);
    grid(root, area, |part| chart.unit.show(most * part))?;
    write(root, &chart.ends[0], (left, bottom + 16), LABEL_SIZE, MUTED, HPos::Left)?;
    write(
        root,
        &chart.ends[1],
        (right, bottom + 16),
        LABEL_SIZE,
        MUTED,
        HPos::Right,
    )?;
    let Some((first, last)) = chart.times() else {
        return Ok(());
    };
    let place = |(at, value): &(i64, f64)| {
        let x = (at - first) as f64 / (last - first) as f64;
        (
            left + (f64::from(right - left) * x).round() as i32,
            bottom - (f64::from(bottom - above) * value / most).round() as i32,
        )
    };
    for (at, line) in chart.lines.iter().enumerate() {
        let color = LINES[at % LINES.len()];
        let points: Vec<(i32, i32)> = line.points.iter().map(place).collect();
        if let [only] = points[..] {
            root.draw(&Circle::new(only, 3, color.filled()))?;
        }
        root.draw(&PathElement::new(points, color.stroke_width(2)))?;
        let y = bottom + 40 + 20 * i32::try_from(at).unwrap_or_default();
        root.draw(&PathElement::new(
            vec![(left, y), (left + 20, y)],
            color.stroke_width(2),
        ))?;
        let newest = line.points.last().map(|(_, value)| chart.unit.show(*value));
        let label = format!("{}  {}", line.name, newest.unwrap_or_default());
        write(root, &label, (left + 28, y), LABEL_SIZE, INK, HPos::Left)?;
    }
    Ok(())
}

fn draw_year<B: DrawingBackend>(root: &DrawingArea<B, Shift>, year: &Year, top: i32) -> Drawn<B> {
    title(root, &year.title, top)?;
    let cell = (WIDTH as i32 - LEFT - RIGHT) / i32::try_from(year.weeks.len().max(1)).unwrap_or(1);
    let (left, above) = (LEFT, top + TOP + 20);
    for (week, name) in &year.months {
        let x = left + cell * i32::try_from(*week).unwrap_or_default();
        write(root, name, (x, above - 12), LABEL_SIZE, MUTED, HPos::Left)?;
    }
    for (weekday, name) in WEEKDAYS {
        let y = above + cell * i32::try_from(weekday).unwrap_or_default() + cell / 2;
        write(root, name, (left - 8, y), LABEL_SIZE, MUTED, HPos::Right)?;
    }
    let most = year.most();
    let square =
        |x: i32, y: i32, shade: usize| Rectangle::new([(x, y), (x + cell - 3, y + cell - 3)], SHADES[shade].filled());
    for (week, days) in year.weeks.iter().enumerate() {
        for (weekday, value) in days.iter().enumerate() {
            let Some(value) = value else { continue };
            let x = left + cell * i32::try_from(week).unwrap_or_default();
            let y = above + cell * i32::try_from(weekday).unwrap_or_default();
            root.draw(&square(x, y, shade(*value, most)))?;
        }
    }
    let y = above + cell * 7 + 14;
    write(root, "less", (left, y), LABEL_SIZE, MUTED, HPos::Left)?;
    for at in 0..SHADES.len() {
        root.draw(&square(
            left + 36 + cell * i32::try_from(at).unwrap_or_default(),
            y - cell / 2,
            at,
        ))?;
    }
    let more = format!("more, at most {}", year.unit.show(most));
    write(root, &more, (left + 44 + cell * 5, y), LABEL_SIZE, MUTED, HPos::Left)
}
