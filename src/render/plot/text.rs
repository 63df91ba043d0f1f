//! Plots as text: eighths of cells for columns, braille for lines, shades for the year. No color carries meaning.

use super::year::shade;
use super::{Chart, Columns, Lines, Plot, Year};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::symbols::Marker;
use ratatui::widgets::{Axis, Chart as LineChart, Dataset, GraphType, Widget};
use unicode_width::UnicodeWidthStr;

const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const HEIGHT: usize = 12;
/// Cells for the labels of the axis.
const LABEL: usize = 9;
const LEAST_WIDTH: usize = 40;
/// Lines that are told apart by their marks.
const MARKS: [Marker; 4] = [Marker::Braille, Marker::Dot, Marker::Block, Marker::HalfBlock];

/// The charts of a plot, `width` columns wide.
pub fn text(plot: &Plot, width: usize) -> String {
    let width = width.max(LEAST_WIDTH);
    let mut lines = Vec::new();
    for chart in &plot.charts {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        match chart {
            Chart::Columns(columns) => draw_columns(columns, width, &mut lines),
            Chart::Lines(chart) => draw_lines(chart, width, &mut lines),
            Chart::Year(year) => draw_year(year, width, &mut lines),
        }
    }
    let mut text = String::new();
    for line in lines {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Sums of `count` values each, aligned at the newest.
fn bundled(values: &[f64], count: usize) -> Vec<f64> {
    let mut sums: Vec<f64> = values.rchunks(count).map(|chunk| chunk.iter().sum()).collect();
    sums.reverse();
    sums
}

fn draw_columns(chart: &Columns, width: usize, lines: &mut Vec<String>) {
    let room = width - LABEL - 1;
    let count = chart.values.len().div_ceil(room).max(1);
    let values = bundled(&chart.values, count);
    let before = bundled(&chart.before, count);
    let bundle = match count {
        1 => String::new(),
        count => format!(", {count} a column"),
    };
    lines.push(format!("{}{bundle}", chart.title));
    let most = values.iter().chain(&before).copied().fold(0.0, f64::max);
    let each = (room / values.len().max(1)).clamp(1, 8);
    let eighths = |value: f64| match most > 0.0 && value > 0.0 {
        true => ((value / most * (HEIGHT * 8) as f64).round() as usize).max(1),
        false => 0,
    };
    for row in (0..HEIGHT).rev() {
        let label = match row {
            row if row + 1 == HEIGHT => chart.unit.show(most),
            row if row == HEIGHT / 2 => chart.unit.show(most * (HEIGHT / 2) as f64 / HEIGHT as f64),
            0 => chart.unit.show(0.0),
            _ => String::new(),
        };
        let mut line = format!("{label:>LABEL$}┤");
        for (at, value) in values.iter().enumerate() {
            let filled = eighths(*value).saturating_sub(row * 8).min(8);
            let was = before.get(at).is_some_and(|before| {
                let top = eighths(*before);
                top > 0 && (top - 1) / 8 == row
            });
            let cell = match filled {
                0 if row == 0 => '·',
                0 => ' ',
                filled => HEIGHTS[filled - 1],
            };
            let bar = (each.max(2) - 1).min(each);
            match was && each > 1 {
                true => line.extend(std::iter::repeat_n(cell, bar).chain(['•'])),
                false => line.extend(std::iter::repeat_n(cell, bar).chain(std::iter::repeat_n(' ', each - bar))),
            }
        }
        lines.push(line);
    }
    lines.push(label_line(&chart.labels, count, values.len(), each, room));
    if !before.is_empty() && each > 1 {
        lines.push(format!("{:>LABEL$} • the period before", ""));
    }
}

/// The first and last label, and those between that have room.
fn label_line(labels: &[String], count: usize, columns: usize, each: usize, room: usize) -> String {
    let mut cells: Vec<char> = vec![' '; room];
    // A column is named by its first label; the newest has the last.
    let first = labels.len() % count;
    let start = |column: usize| match (first, column) {
        (0, column) => column * count,
        (_, 0) => 0,
        (first, column) => first + (column - 1) * count,
    };
    let mut free = 0;
    for column in 0..columns {
        let Some(label) = labels.get(start(column)) else {
            continue;
        };
        let at = column * each;
        let width = label.width();
        if at >= free && at + width <= room {
            for (place, letter) in label.chars().enumerate() {
                if let Some(cell) = cells.get_mut(at + place) {
                    *cell = letter;
                }
            }
            free = at + width + 2;
        }
    }
    format!("{:>LABEL$} {}", "", cells.into_iter().collect::<String>())
}

fn draw_lines(chart: &Lines, width: usize, lines: &mut Vec<String>) {
    lines.push(chart.title.clone());
    let Some((first, last)) = chart.times() else { return };
    let most = chart.most();
    let points: Vec<Vec<(f64, f64)>> = chart
        .lines
        .iter()
        .map(|line| {
            line.points
                .iter()
                .map(|(at, value)| ((at - first) as f64, *value))
                .collect()
        })
        .collect();
    let sets = points.iter().enumerate().map(|(at, points)| {
        Dataset::default()
            .marker(MARKS[at % MARKS.len()])
            .graph_type(GraphType::Line)
            .data(points)
    });
    let labels = [0.0, most / 2.0, most].map(|value| chart.unit.show(value));
    let area = Rect::new(0, 0, u16::try_from(width).unwrap_or(u16::MAX), (HEIGHT + 2) as u16);
    let mut buffer = Buffer::empty(area);
    LineChart::new(sets.collect())
        .x_axis(
            Axis::default()
                .bounds([0.0, (last - first) as f64])
                .labels(chart.ends.clone()),
        )
        .y_axis(
            Axis::default()
                .bounds([0.0, most.max(f64::MIN_POSITIVE)])
                .labels(labels),
        )
        .legend_position(None)
        .render(area, &mut buffer);
    for y in 0..area.height {
        let cells = (0..area.width).filter_map(|x| buffer.cell((x, y)));
        lines.push(cells.map(ratatui::buffer::Cell::symbol).collect());
    }
    for (at, line) in chart.lines.iter().enumerate() {
        let mark = ['⠒', '•', '█', '▀'][at % MARKS.len()];
        let newest = line.points.last().map(|(_, value)| chart.unit.show(*value));
        lines.push(format!("  {mark} {}  {}", line.name, newest.unwrap_or_default()));
    }
}

fn draw_year(year: &Year, width: usize, lines: &mut Vec<String>) {
    lines.push(year.title.clone());
    let room = width - 5;
    let each = if room >= year.weeks.len() * 2 { 2 } else { 1 };
    // The newest weeks, where not all have room.
    let skipped = year.weeks.len().saturating_sub(room / each);
    let mut names: Vec<char> = vec![' '; (year.weeks.len() - skipped) * each + 4];
    let mut free = 0;
    for (week, name) in year.months.iter().filter(|(week, _)| *week >= skipped) {
        let at = (week - skipped) * each;
        if at >= free {
            for (place, letter) in name.chars().enumerate() {
                names[at + place] = letter;
            }
            free = at + name.len() + 1;
        }
    }
    lines.push(format!("    {}", names.into_iter().collect::<String>()));
    let most = year.most();
    for (weekday, name) in WEEKDAYS.iter().enumerate() {
        let mut line = format!("{name} ");
        for week in &year.weeks[skipped..] {
            let cell = week[weekday].map_or(' ', |value| SHADES[shade(value, most)]);
            line.extend(std::iter::repeat_n(cell, each));
        }
        lines.push(line);
    }
    lines.push(format!("    less ·░▒▓█ more, at most {}", year.unit.show(most)));
}

#[cfg(test)]
mod tests {
    use super::super::Unit;
    use super::*;

    fn columns(values: &[f64], before: &[f64]) -> Plot {
        Plot {
            charts: vec![Chart::Columns(Columns {
                title: "Cost per day".to_owned(),
                unit: Unit::Dollars,
                labels: (1..=values.len()).map(|day| format!("{day:02}")).collect(),
                values: values.to_vec(),
                before: before.to_vec(),
            })],
        }
    }

    #[test]
    fn charts_are_as_wide_as_asked_for() {
        for width in [40, 80, 200] {
            for days in [1, 7, 30, 90, 365] {
                let values: Vec<f64> = (0..days).map(f64::from).collect();
                for line in text(&columns(&values, &values), width).lines() {
                    assert!(line.width() <= width, "{days} days at {width}: {line}");
                }
            }
        }
    }

    #[test]
    fn the_largest_value_reaches_the_top_and_any_use_shows() {
        let plot = text(&columns(&[0.0, 0.0001, 5.0, 10.0], &[]), 60);
        let rows: Vec<&str> = plot.lines().collect();
        assert!(rows[1].starts_with("   $10.00┤") && rows[1].ends_with('█'), "{plot}");
        let bottom: String = rows[HEIGHT].chars().skip(LABEL + 1).collect();
        assert_eq!(bottom.split_whitespace().count(), 4, "{plot}");
        assert!(bottom.starts_with('·') && bottom.contains('▁'), "{plot}");
    }

    #[test]
    fn lines_name_their_series_and_newest_value() {
        let line = |name: &str, values: &[f64]| super::super::Line {
            name: name.to_owned(),
            points: values
                .iter()
                .enumerate()
                .map(|(at, value)| (at as i64 * 1000, *value))
                .collect(),
        };
        let plot = Plot {
            charts: vec![Chart::Lines(Lines {
                title: "Limits".to_owned(),
                unit: Unit::Percent,
                lines: vec![line("weekly", &[1.0, 50.0, 80.0]), line("5-hour", &[90.0, 2.0, 3.0])],
                ends: ["11-01".to_owned(), "11-20".to_owned()],
            })],
        };
        let text = text(&plot, 80);
        for expected in ["100%", "11-01", "11-20", "weekly  80%", "5-hour  3%"] {
            assert!(text.contains(expected), "{expected} in\n{text}");
        }
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    }
}
