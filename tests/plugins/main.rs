//! Plugins: every case of the fixtures runs through a real child, by the runner of `plugin test`.

mod cases;
