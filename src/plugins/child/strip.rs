//! TypeScript to JavaScript. The only file that knows the parser, which may end the process on hostile input.

use oxc_allocator::Allocator;
use oxc_codegen::Codegen;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use oxc_transformer::{TransformOptions, Transformer};
use std::path::Path;

/// The JavaScript of a TypeScript module.
///
/// # Errors
/// What is wrong, with line and column, and without a word of the source.
pub(super) fn strip(name: &str, source: &str) -> Result<String, String> {
    let allocator = Allocator::default();
    let kind = SourceType::ts().with_module(true);
    let parsed = Parser::new(&allocator, source, kind).parse();
    let place = |offset: usize| {
        let before = &source[..source.floor_char_boundary(offset)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        format!("{name}:{line}:{column}")
    };
    if let Some(error) = parsed.diagnostics.into_iter().next() {
        let at = error.labels.first().map_or(0, |label| label.offset() as usize);
        return Err(format!("{}: SyntaxError: {}", place(at), error.message));
    }
    let mut program = parsed.program;
    let scoping = SemanticBuilder::new()
        .with_excess_capacity(2.0)
        .with_enum_eval(true)
        .build(&program)
        .semantic
        .into_scoping();
    let options = TransformOptions::default();
    let done = Transformer::new(&allocator, Path::new(name), &options).build_with_scoping(scoping, &mut program);
    if let Some(error) = done.diagnostics.into_iter().next() {
        let at = error.labels.first().map_or(0, |label| label.offset() as usize);
        return Err(format!("{}: SyntaxError: {}", place(at), error.message));
    }
    Ok(Codegen::new().build(&program).code)
}
