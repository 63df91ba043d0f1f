//! `ttop plugin test`: cases, or a plugin without one.

use super::super::context::Context;
use super::Wall;
use crate::core::bad_request::BadRequest;
use crate::exit::Exit;
use crate::plugins::case::{Setting, run, run_without_case};
use crate::plugins::child::Without;
use crate::plugins::discover;
use crate::plugins::session::is_built_in;
use anyhow::{Context as _, Result};
use std::path::PathBuf;

pub(super) fn test(context: &mut Context, paths: &[PathBuf], without: &[Wall]) -> Result<Exit> {
    let setting = Setting {
        program: std::env::current_exe().context("ttop does not know its own program")?,
        without: Without {
            landlock: without.contains(&Wall::Landlock),
            seccomp: without.contains(&Wall::Seccomp),
        },
        is_strict: context.out.global.strict,
        packages: None,
        data: Some(discover::data(&context.engine.system)),
        is_built_in: &is_built_in,
    };
    let mut failed = 0;
    for path in paths {
        let typed = path.display();
        let path = context.engine.system.cwd.join(path);
        if !path.exists() {
            let error = BadRequest::new(format!("{typed} does not exist"));
            return Err(error.with_hint("name the folder of a plugin or of a case").into());
        }
        let verdict = match path.join("expected.json").is_file() {
            true => run(&path, &setting)?,
            false => run_without_case(&path, &setting)?,
        };
        let word = if verdict.wrong.is_empty() { "ok" } else { "FAILED" };
        let mut text = format!("{word}\t{typed}\t{} ms\n", verdict.took.as_millis());
        for line in &verdict.wrong {
            text.push_str(&format!("    {}\n", crate::core::text::plain(line)));
        }
        for line in &verdict.remarks {
            text.push_str(&format!("    not checked: {}\n", crate::core::text::plain(line)));
        }
        context.out.text(&text)?;
        failed += usize::from(!verdict.wrong.is_empty());
    }
    Ok(if failed == 0 { Exit::Ok } else { Exit::Check })
}
