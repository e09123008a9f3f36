//! The places of a file that a mutant can change, by function.
//!
//! | kind | before | with the mutant on |
//! |---|---|---|
//! | comparison | `a < b`, `a == b` | `a <= b`, `a != b` |
//! | logic | `a && b`, `!a` | `a \|\| b`, `a` |
//! | condition | `if a`, a guard, a term of a chain with `let` | as if it were always true, or never |
//! | arithmetic | `a + b`, `a * b`, `a += b`, `a & b`, `a << b` | `a - b`, `a / b`, `a -= b`, `a \| b`, `a >> b` |
//! | number | `7`; a constant that is an integer or a duration | `8`, `6`; one more, twice as long |
//! | truth | `true` | `false` |
//! | name | `"fieldManager"` | `"fieldManager~"` |
//! | statement | `f(x);`, `a = b;`, `return;` | left out |
//! | arm | an arm before `_` | never taken |
//! | method | `min`, `any`, `is_some`, `starts_with` | `max`, `all`, `is_none`, `ends_with` |
//! | result | a function of a simple type | returns at once: `None`, `Ok(())`, `false`, `0`, an empty value |
//!
//! Left out: tests, `const fn` (they cannot ask which mutant is on), what is inside of a macro's call or of a pattern,
//! `Debug`, and what the features leave out (`#[cfg(not(..))]`).

use std::collections::BTreeMap;
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, BinOp, Block, Expr, ExprLit, ImplItemFn, Item, ItemFn, Lit, ReturnType, Stmt, TraitItemFn, Type};

/// A function and its places.
pub struct Function {
    pub name: String,
    pub range: Range<usize>,
    pub places: Vec<Place>,
}

/// What one mutant changes: the text in `range` becomes `text`, in which `{on}` asks whether the mutant is on.
pub struct Place {
    pub kind: &'static str,
    pub range: Range<usize>,
    pub text: String,
    pub shown: String,
}

/// Constants by name: what to add to a use of one, if all constants of this name agree.
pub type Constants = BTreeMap<String, Option<&'static str>>;

pub fn constants(file: &syn::File, found: &mut Constants) {
    struct Reader<'a>(&'a mut Constants);
    impl Reader<'_> {
        fn add(&mut self, name: &syn::Ident, ty: &Type) {
            let suffix = match name_of(ty).as_deref() {
                Some("usize" | "u64" | "u32" | "u16" | "u8" | "i64" | "i32") => Some(" + 1"),
                Some("Duration") => Some(" * 2"),
                _ => None,
            };
            self.0
                .entry(name.to_string())
                .and_modify(|old| *old = old.filter(|old| suffix == Some(*old)))
                .or_insert(suffix);
        }
    }
    impl<'ast> Visit<'ast> for Reader<'_> {
        fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
            self.add(&item.ident, &item.ty);
        }
        fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
            self.add(&item.ident, &item.ty);
        }
    }
    Reader(found).visit_file(file);
}

/// The functions of a file, in their order.
pub fn functions(source: &str, file: &syn::File, constants: &Constants) -> Vec<Function> {
    let mut finder = Finder { source, constants, owner: String::new(), open: Vec::new(), done: Vec::new() };
    finder.visit_file(file);
    finder.done.retain(|function| !function.places.is_empty());
    finder.done.sort_by_key(|function| function.range.start);
    finder.done
}

struct Finder<'a> {
    source: &'a str,
    constants: &'a Constants,
    owner: String,
    open: Vec<Function>,
    done: Vec<Function>,
}

impl Finder<'_> {
    fn text(&self, span: Span) -> &str {
        &self.source[span.byte_range()]
    }

    /// A place for what `span` covers: `original` if the mutant is off, `changed` if it is on.
    fn either(&mut self, kind: &'static str, span: Span, changed: &str) {
        let original = self.text(span).to_owned();
        let text = format!("(if {{on}} {{ {changed} }} else {{ {original} }})");
        self.place(kind, span, text, format!("`{}` becomes `{}`", short(&original), short(changed)));
    }

    fn place(&mut self, kind: &'static str, span: Span, text: String, shown: String) {
        if let Some(function) = self.open.last_mut() {
            function.places.push(Place { kind, range: span.byte_range(), text, shown });
        }
    }

    /// A condition that is always, or never, true.
    fn condition(&mut self, expression: &Expr) {
        match expression {
            Expr::Let(_) => {}
            Expr::Binary(chain) if matches!(chain.op, BinOp::And(_)) && has_let(expression) => {
                self.condition(&chain.left);
                self.condition(&chain.right);
            }
            _ => {
                let span = expression.span();
                let original = self.text(span).to_owned();
                for (text, shown) in [
                    (format!("({{on}} || ({original}))"), format!("`{}` becomes `true`", short(&original))),
                    (format!("(!{{on}} && ({original}))"), format!("`{}` becomes `false`", short(&original))),
                ] {
                    self.place("condition", span, text, shown);
                }
            }
        }
    }

    fn function(
        &mut self,
        name: &syn::Ident,
        attributes: &[Attribute],
        signature: &syn::Signature,
        block: &Block,
        whole: Span,
    ) {
        if left_out(attributes) || signature.constness.is_some() {
            return;
        }
        let name = if self.owner.is_empty() { name.to_string() } else { format!("{}::{name}", self.owner) };
        self.open.push(Function { name, range: whole.byte_range(), places: Vec::new() });
        for value in results(&signature.output) {
            let brace = block.brace_token.span.open();
            let shown = if value.is_empty() { "does nothing".to_owned() } else { format!("returns `{value}`") };
            self.place("result", brace, format!("{{ if {{on}} {{ return {value}; }}"), shown);
        }
        visit::visit_block(self, block);
        self.done.extend(self.open.pop());
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Trait(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            // No function, or in a constant, which cannot ask.
            _ => return,
        };
        if !left_out(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of_trait =
            item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last()).map(|last| last.ident.to_string());
        if of_trait.as_deref() == Some("Debug") {
            return;
        }
        let owner = name_of(&item.self_ty).unwrap_or_else(|| "impl".to_owned());
        let before = std::mem::replace(&mut self.owner, owner);
        visit::visit_item_impl(self, item);
        self.owner = before;
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        let before = std::mem::replace(&mut self.owner, item.ident.to_string());
        visit::visit_item_trait(self, item);
        self.owner = before;
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(&item.sig.ident, &item.attrs, &item.sig, &item.block, item.span());
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(&item.sig.ident, &item.attrs, &item.sig, &item.block, item.span());
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig.ident, &item.attrs, &item.sig, block, item.span());
        }
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        match statement {
            Stmt::Local(local) if left_out(&local.attrs) => return,
            Stmt::Expr(expression, Some(_)) => {
                let simple = match expression {
                    Expr::Binary(binary) => is_assignment(&binary.op),
                    Expr::Assign(_)
                    | Expr::Call(_)
                    | Expr::MethodCall(_)
                    | Expr::Try(_)
                    | Expr::Return(_)
                    | Expr::Break(_) => true,
                    Expr::Continue(_) | Expr::Await(_) => true,
                    _ => false,
                };
                if simple {
                    let original = self.text(statement.span()).to_owned();
                    let shown = format!("`{}` is left out", short(&original));
                    self.place("statement", statement.span(), format!("if !{{on}} {{ {original} }}"), shown);
                }
            }
            _ => {}
        }
        visit::visit_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        let span = expression.span();
        match expression {
            Expr::Binary(binary) if !has_let(expression) => {
                if let Some((kind, other)) = opposite(&binary.op) {
                    let changed =
                        format!("{} {other} {}", self.text(binary.left.span()), self.text(binary.right.span()));
                    self.either(kind, span, &changed);
                }
            }
            Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Not(_)) => {
                let changed = self.text(unary.expr.span()).to_owned();
                self.either("logic", span, &changed);
            }
            Expr::If(branch) => self.condition(&branch.cond),
            Expr::While(looped) if !has_let(&looped.cond) => self.condition(&looped.cond),
            Expr::Match(matched) => self.arms(matched),
            Expr::Lit(literal) => self.literal(literal),
            Expr::MethodCall(call) => self.method(call),
            Expr::Path(path) => {
                let name = path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
                if let Some(Some(suffix)) = self.constants.get(&name) {
                    let changed = format!("{}{suffix}", self.text(span));
                    self.either("number", span, &changed);
                }
            }
            // The length of an array is a constant.
            Expr::Repeat(repeat) => return self.visit_expr(&repeat.expr),
            Expr::Const(_) => return,
            _ => {}
        }
        visit::visit_expr(self, expression);
    }

    fn visit_pat(&mut self, _: &'ast syn::Pat) {}
    fn visit_type(&mut self, _: &'ast Type) {}
    fn visit_macro(&mut self, _: &'ast syn::Macro) {}
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
    fn visit_generic_argument(&mut self, _: &'ast syn::GenericArgument) {}
}

impl Finder<'_> {
    fn arms(&mut self, matched: &syn::ExprMatch) {
        let wild = matched.arms.iter().position(|arm| matches!(arm.pat, syn::Pat::Wild(_)) && arm.guard.is_none());
        for (index, arm) in matched.arms.iter().enumerate() {
            if let Some((_, guard)) = &arm.guard {
                if !has_let(guard) {
                    self.condition(guard);
                }
            } else if wild.is_some_and(|wild| index < wild) && arm.attrs.is_empty() {
                let shown = format!("the arm `{}` is never taken", short(self.text(arm.pat.span())));
                self.place("arm", arm.fat_arrow_token.span(), "if !{on} =>".to_owned(), shown);
            }
        }
    }

    fn literal(&mut self, literal: &ExprLit) {
        let span = literal.span();
        match &literal.lit {
            Lit::Int(number) => {
                let Ok(value) = number.base10_parse::<u64>() else { return };
                let suffix = number.suffix().to_owned();
                self.either("number", span, &format!("{}{suffix}", value.saturating_add(1)));
                if value > 0 {
                    self.either("number", span, &format!("{}{suffix}", value - 1));
                }
            }
            Lit::Bool(truth) => self.either("truth", span, if truth.value { "false" } else { "true" }),
            Lit::Str(text) => {
                // A name and not a sentence.
                let text = text.value();
                if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/:-".contains(&b)) {
                    self.either("name", span, &format!("\"{text}~\""));
                }
            }
            _ => {}
        }
    }

    fn method(&mut self, call: &syn::ExprMethodCall) {
        let name = call.method.to_string();
        let pairs = [
            ("min", "max"),
            ("any", "all"),
            ("is_some", "is_none"),
            ("is_ok", "is_err"),
            ("is_some_and", "is_none_or"),
            ("starts_with", "ends_with"),
            ("first", "last"),
            ("front", "back"),
            ("pop_front", "pop_back"),
            ("push_front", "push_back"),
            ("take_while", "skip_while"),
            ("strip_prefix", "strip_suffix"),
            ("saturating_add", "saturating_sub"),
        ];
        let pair = pairs.iter().find_map(|(a, b)| match name.as_str() {
            name if name == *a => Some(*b),
            name if name == *b => Some(*a),
            _ => None,
        });
        if let Some(other) = pair {
            let (whole, method) = (call.span().byte_range(), call.method.span().byte_range());
            let changed =
                format!("{}{other}{}", &self.source[whole.start..method.start], &self.source[method.end..whole.end]);
            self.either("method", call.span(), &changed);
        }
    }
}

/// Whether the tests do not compile an item, or it is a test.
fn left_out(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        let list = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        path.is_ident("test")
            || (path.is_ident("cfg") && ["test", "not", "doc", "windows"].iter().any(|word| list.contains(word)))
    })
}

fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

fn is_assignment(op: &BinOp) -> bool {
    use BinOp::*;
    matches!(
        op,
        AddAssign(_)
            | SubAssign(_)
            | MulAssign(_)
            | DivAssign(_)
            | RemAssign(_)
            | BitAndAssign(_)
            | BitOrAssign(_)
            | BitXorAssign(_)
    )
}

fn opposite(op: &BinOp) -> Option<(&'static str, &'static str)> {
    use BinOp::*;
    Some(match op {
        Lt(_) => ("comparison", "<="),
        Le(_) => ("comparison", "<"),
        Gt(_) => ("comparison", ">="),
        Ge(_) => ("comparison", ">"),
        Eq(_) => ("comparison", "!="),
        Ne(_) => ("comparison", "=="),
        And(_) => ("logic", "||"),
        Or(_) => ("logic", "&&"),
        Add(_) => ("arithmetic", "-"),
        Sub(_) => ("arithmetic", "+"),
        Mul(_) => ("arithmetic", "/"),
        Div(_) => ("arithmetic", "*"),
        Rem(_) => ("arithmetic", "/"),
        BitAnd(_) => ("arithmetic", "|"),
        BitOr(_) => ("arithmetic", "&"),
        Shl(_) => ("arithmetic", ">>"),
        Shr(_) => ("arithmetic", "<<"),
        AddAssign(_) => ("arithmetic", "-="),
        SubAssign(_) => ("arithmetic", "+="),
        _ => return None,
    })
}

fn name_of(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Type::Reference(reference) => name_of(&reference.elem),
        _ => None,
    }
}

/// The simple values of a function's type.
fn results(output: &ReturnType) -> Vec<&'static str> {
    let ReturnType::Type(_, ty) = output else { return vec![""] };
    match &**ty {
        Type::Tuple(tuple) if tuple.elems.is_empty() => vec![""],
        Type::Reference(reference) if name_of(&reference.elem).as_deref() == Some("str") => vec!["\"\""],
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return Vec::new() };
            let first = match &last.arguments {
                syn::PathArguments::AngleBracketed(list) => list.args.first(),
                _ => None,
            };
            match last.ident.to_string().as_str() {
                "bool" => vec!["true", "false"],
                "usize" | "u64" | "u32" | "u16" | "u8" | "i64" | "i32" => vec!["0", "1"],
                "Option" => vec!["None"],
                "String" | "Vec" | "VecDeque" | "BTreeMap" | "BTreeSet" | "Bytes" | "Duration" => {
                    vec!["Default::default()"]
                }
                "Result" => match first {
                    Some(syn::GenericArgument::Type(Type::Tuple(tuple))) if tuple.elems.is_empty() => vec!["Ok(())"],
                    Some(syn::GenericArgument::Type(ty)) => match name_of(ty).as_deref() {
                        Some("bool") => vec!["Ok(true)", "Ok(false)"],
                        Some("Option") => vec!["Ok(None)"],
                        Some("String" | "Vec" | "BTreeMap" | "Bytes" | "usize" | "u64") => {
                            vec!["Ok(Default::default())"]
                        }
                        _ => Vec::new(),
                    },
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn short(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() > 90 { words.chars().take(87).chain("...".chars()).collect() } else { words }
}
