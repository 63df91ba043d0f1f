//! `--plot`: the rows of a report as text, SVG and PNG.

use crate::support::Home;

/// Command lines that draw, each with a text of its plot.
const PLOTS: [(&[&str], &str); 4] = [
    (&["--demo", "cost", "--by", "day"], "Cost per day"),
    (
        &["--demo", "cost", "--by", "week,model", "--no-cost"],
        "Tokens per week",
    ),
    (
        &["--demo", "trends", "--days", "7"],
        "Cost per day, 2026-11-14 to 2026-11-20",
    ),
    (&["providers", "--history", "3650d"], "Limits, percent used"),
];

/// A home with limits that Codex recorded.
fn home() -> Home {
    let home = Home::new();
    home.copy("agents/codex/made/home", "");
    home.stdout(&["sync"]);
    home
}

fn plot(home: &Home, columns: &str, words: &[&str], target: &[&str]) -> std::process::Output {
    let mut command = home.ttop();
    command.env("COLUMNS", columns).args(words).arg("--plot").args(target);
    command.output().expect("runs")
}

#[test]
fn plots_fit_the_terminal_and_need_no_color() {
    let home = home();
    for (words, title) in PLOTS {
        for columns in [60, 80, 200] {
            let output = plot(&home, &columns.to_string(), words, &[]);
            let text = String::from_utf8(output.stdout).expect("text");
            assert!(output.status.success() && text.contains(title), "{words:?}: {text}");
            assert!(!text.contains('\x1b'), "{words:?}");
            for line in text.lines() {
                assert!(line.chars().count() <= columns, "{words:?} at {columns}: {line}");
            }
        }
    }
}

#[test]
fn trends_show_the_year() {
    let text = plot(&Home::new(), "80", &["--demo", "trends"], &[]).stdout;
    let text = String::from_utf8(text).expect("text");
    let heat: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.contains("the year to 2026-11-20"))
        .collect();
    assert_eq!(heat.iter().filter(|line| line.contains('·')).count(), 8, "{text}");
    assert!(
        heat.iter().any(|line| line.starts_with("Fri ") && line.ends_with('█')),
        "{text}"
    );
}

#[cfg(feature = "plots")]
#[test]
fn files_are_svg_and_png_by_their_ending() {
    let home = home();
    for (words, title) in PLOTS {
        for ending in ["svg", "png"] {
            let path = home.path().join(format!("plot.{ending}"));
            let output = plot(&home, "80", words, &[path.to_str().expect("a path")]);
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                output.status.success() && output.stdout.is_empty(),
                "{words:?}: {stderr}"
            );
            let bytes = std::fs::read(&path).expect("a file");
            match ending {
                "svg" => {
                    let text = String::from_utf8(bytes).expect("text");
                    assert!(text.starts_with("<svg") && text.contains(title), "{words:?}");
                    assert!(text.trim_end().ends_with("</svg>"), "{words:?}");
                }
                _ => {
                    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
                        .read_info()
                        .expect("a picture");
                    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
                    let info = reader.next_frame(&mut pixels).expect("pixels");
                    assert_eq!(info.width, 1000, "{words:?}");
                    let drawn = pixels.chunks(3).filter(|pixel| **pixel != [255, 255, 255]).count();
                    assert!(drawn > 2_000, "{words:?}: {drawn} pixels");
                }
            }
        }
    }
    let output = plot(&home, "80", &["--demo", "trends"], &["kitty"]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.starts_with("\x1b_Ga=T,f=100,m=1;") && text.ends_with("\x1b\\\n"));
    let output = plot(&home, "80", &["--demo", "trends"], &["sixel"]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(
        text.starts_with("\x1bP") && text.ends_with("\x1b\\\n"),
        "{}",
        text.len()
    );
}

#[test]
fn what_cannot_be_drawn_is_refused_with_the_remedy() {
    let home = Home::new();
    for (words, expected) in [
        (&["cost", "--by", "model", "--plot"][..], "for example --by day --plot"),
        (&["providers", "--plot"], "for example --history 7d --plot"),
        (&["trends", "--plot", "plot.gif"], "a file that ends in .svg or .png"),
        (&["trends", "--plot", "-o", "json"], "cannot be used with"),
        (
            &["trends", "--plot", "no/such/folder.svg"],
            "could not write no/such/folder.svg",
        ),
    ] {
        let output = home.ttop().arg("--demo").args(words).output().expect("runs");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && stderr.contains(expected),
            "{words:?}: {stderr}"
        );
    }
}
