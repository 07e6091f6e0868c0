//! Where in a file a switch can go, for each place that a mutant may be at.

use std::collections::BTreeMap;
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr};

/// What of the text a switch goes around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An expression, as a whole: the one in which an operator is, with all operators beside it, so
    /// that another operator binds as it would in the text.
    Expr(Range<usize>),
    /// An arm of a match: where its pattern ends, its guard, and what is matched.
    Arm { pattern: usize, guard: Option<(Range<usize>, bool)>, matched: Range<usize> },
    /// An `&&` in a chain with a `let`, which has no other operator.
    Chain,
    /// In a constant, which is there before anything can be switched.
    Constant,
}

/// The places of one file, by where the mutant's span begins.
#[derive(Debug, Default)]
pub struct Places {
    pub operators: BTreeMap<usize, Place>,
    pub guards: BTreeMap<usize, Place>,
    pub arms: BTreeMap<usize, Place>,
    pub fields: BTreeMap<usize, Place>,
    /// Functions that could be called in constants, and where their `const` is.
    pub const_fns: Vec<(Range<usize>, Range<usize>)>,
    constant: bool,
}

impl Places {
    pub fn of(text: &str) -> Result<Self, String> {
        let mut places = Self::default();
        places.visit_file(&syn::parse_file(text).map_err(|error| error.to_string())?);
        Ok(places)
    }

    fn put(&self, place: Place) -> Place {
        if self.constant { Place::Constant } else { place }
    }

    fn constant(&mut self, visit: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.constant, true);
        visit(self);
        self.constant = before;
    }

    fn function(&mut self, signature: &syn::Signature, whole: Span) {
        if let Some(token) = signature.constness {
            self.const_fns.push((whole.byte_range(), token.span.byte_range()));
        }
    }

    /// Operators beside each other, whose expression as a whole is this.
    fn operators(&mut self, node: &syn::ExprBinary, all: &Range<usize>) {
        let place = self.put(Place::Expr(all.clone()));
        self.operators.insert(node.op.span().byte_range().start, place);
        for side in [&node.left, &node.right] {
            match &**side {
                Expr::Binary(side) => self.operators(side, all),
                side => self.visit_expr(side),
            }
        }
    }

    /// The `&&` of a chain with a `let`, also those without one beside them; what is between them
    /// goes on by itself.
    fn chain(&mut self, node: &syn::ExprBinary) {
        self.operators.insert(node.op.span().byte_range().start, self.put(Place::Chain));
        for side in [&node.left, &node.right] {
            match &**side {
                Expr::Binary(side) if matches!(side.op, BinOp::And(_) | BinOp::Or(_)) => {
                    self.chain(side)
                }
                Expr::Binary(side) => self.operators(side, &side.span().byte_range()),
                side => self.visit_expr(side),
            }
        }
    }
}

fn has_let(side: &Expr) -> bool {
    match side {
        Expr::Let(_) => true,
        Expr::Binary(node) => has_let(&node.left) || has_let(&node.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Places {
    fn visit_expr_binary(&mut self, node: &'ast syn::ExprBinary) {
        if has_let(&node.left) || has_let(&node.right) {
            self.chain(node);
        } else {
            self.operators(node, &node.span().byte_range());
        }
    }

    fn visit_expr_unary(&mut self, node: &'ast syn::ExprUnary) {
        let all = node.span().byte_range();
        self.operators.insert(all.start, self.put(Place::Expr(all)));
        visit::visit_expr_unary(self, node);
    }

    fn visit_expr_match(&mut self, node: &'ast syn::ExprMatch) {
        for arm in &node.arms {
            let guard =
                arm.guard.as_ref().map(|(_, guard)| (guard.span().byte_range(), has_let(guard)));
            if let Some((guard, _)) = &guard {
                self.guards.insert(guard.start, self.put(Place::Expr(guard.clone())));
            }
            let (pattern, matched) = (arm.pat.span().byte_range(), node.expr.span().byte_range());
            let place = Place::Arm { pattern: pattern.end, guard, matched };
            self.arms.insert(arm.span().byte_range().start, self.put(place));
        }
        visit::visit_expr_match(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'ast syn::ExprStruct) {
        for field in &node.fields {
            let place = self.put(Place::Expr(node.span().byte_range()));
            self.fields.insert(field.span().byte_range().start, place);
        }
        visit::visit_expr_struct(self, node);
    }

    fn visit_item_fn(&mut self, node: &'ast syn::ItemFn) {
        self.function(&node.sig, node.span());
        visit::visit_item_fn(self, node);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast syn::ImplItemFn) {
        self.function(&node.sig, node.span());
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_item_const(&mut self, node: &'ast syn::ItemConst) {
        self.constant(|places| visit::visit_item_const(places, node));
    }

    fn visit_impl_item_const(&mut self, node: &'ast syn::ImplItemConst) {
        self.constant(|places| visit::visit_impl_item_const(places, node));
    }

    fn visit_item_static(&mut self, node: &'ast syn::ItemStatic) {
        self.constant(|places| visit::visit_item_static(places, node));
    }

    fn visit_type_array(&mut self, node: &'ast syn::TypeArray) {
        self.constant(|places| visit::visit_type_array(places, node));
    }

    fn visit_expr_repeat(&mut self, node: &'ast syn::ExprRepeat) {
        self.visit_expr(&node.expr);
        self.constant(|places| places.visit_expr(&node.len));
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Places};

    /// The operators' places of an expression, as text.
    fn operators(body: &str) -> Vec<String> {
        let text = format!("fn f() {{ {body} }}");
        let places = Places::of(&text).unwrap();
        let told = |(at, place): (&usize, &Place)| match place {
            Place::Expr(all) => format!("{} {}", &text[*at..=*at], &text[all.clone()]),
            other => format!("{} {other:?}", &text[*at..=*at]),
        };
        places.operators.iter().map(told).collect()
    }

    #[test]
    fn an_operator_takes_those_beside_it_along() {
        assert_eq!(
            operators("a + b * (c - d)"),
            ["+ a + b * (c - d)", "* a + b * (c - d)", "- c - d"]
        );
        assert_eq!(operators("!a && f(b < c)"), ["! !a", "& !a && f(b < c)", "< b < c"]);
    }

    #[test]
    fn a_chain_of_lets_keeps_its_operators() {
        assert_eq!(
            operators("if a == 1 && b && let Some(c) = d && c + 1 > 2 {}"),
            ["= a == 1", "& Chain", "& Chain", "& Chain", "+ c + 1 > 2", "> c + 1 > 2"],
        );
    }

    #[test]
    fn a_constant_has_no_switch() {
        let places = Places::of("const A: u8 = 1 + 2;").unwrap();
        assert_eq!(places.operators.values().collect::<Vec<_>>(), [&Place::Constant]);
    }
}
