//! TypeScript to JavaScript. The only file that knows the parser, which may end the process on hostile input.

use oxc_allocator::Allocator;
use oxc_ast::AstKind;
use oxc_codegen::Codegen;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan, SourceType};
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
    if let Some(error) = parsed.diagnostics.into_iter().next() {
        let at = error.labels.first().map_or(0, |label| label.offset() as usize);
        return Err(format!("{}: SyntaxError: {}", place(name, source, at), error.message));
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
        return Err(format!("{}: SyntaxError: {}", place(name, source, at), error.message));
    }
    Ok(Codegen::new().build(&program).code)
}

/// File, line and column.
fn place(name: &str, source: &str, offset: usize) -> String {
    let before = &source[..source.floor_char_boundary(offset)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    format!("{name}:{line}:{column}")
}

/// For a module that could not be parsed: the first thing in it that other tools translate and no engine runs, with its
/// place and what to write instead.
pub(super) fn explain(name: &str, source: &str) -> Option<String> {
    let kinds = [SourceType::ts(), SourceType::tsx()];
    kinds.into_iter().find_map(|kind| {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, source, kind.with_module(true)).parse();
        if !parsed.diagnostics.is_empty() {
            return None;
        }
        let built = SemanticBuilder::new().with_build_nodes(true).build(&parsed.program);
        let found = built.semantic.nodes().iter().find_map(|node| {
            let advice = match node.kind() {
                AstKind::Decorator(_) => "decorators are not supported: call the function with the class or the method",
                AstKind::JSXElement(_) | AstKind::JSXFragment(_) => "JSX is not supported: write calls of functions",
                AstKind::AccessorProperty(_) => "'accessor' is not supported: write get and set",
                _ => return None,
            };
            Some((node.kind().span().start as usize, advice))
        });
        found.map(|(at, advice)| format!("{}: SyntaxError: {advice}", place(name, source, at)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_tools_translate_is_named_with_its_place_and_a_remedy() {
        for (name, source, place, words) in [
            (
                "a.ts",
                "const x = 1;\nclass A {\n  @logged\n  b(): number { return x; }\n}",
                "a.ts:3:3",
                "decorators",
            ),
            ("a.js", "@logged class A {}", "a.js:1:1", "decorators"),
            (
                "a.ts",
                "const a: string = 'b';\n  const b = <b>{a}</b>;",
                "a.ts:2:13",
                "JSX",
            ),
            ("a.js", "export const c = () => <></>;", "a.js:1:24", "JSX"),
            ("a.ts", "class A { accessor b = 1; }", "a.ts:1:11", "accessor"),
        ] {
            let told = explain(name, source).unwrap_or_else(|| panic!("{source}"));
            assert!(told.starts_with(&format!("{place}: SyntaxError: ")), "{told}");
            assert!(told.contains(words) && told.contains("not supported: "), "{told}");
        }
        for source in [
            "const a = <any>b; const c = <T,>(d: T) => d; let e = f<g>(h);",
            "const = ;",
            "",
        ] {
            assert_eq!(explain("a.ts", source), None, "{source}");
        }
    }
}
