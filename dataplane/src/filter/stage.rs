//! Which stages a plan uses.

use std::ops::BitOr;

/// A set of stages. One that is not in a plan's set costs the request one bit test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stage(u16);

impl Stage {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Preflights are answered, and answers say who may read them.
    pub const CORS: Self = Self(1);
    /// The gateway answers with a redirect.
    pub const REDIRECT: Self = Self(1 << 1);
    /// The request's headers are edited.
    pub const REQUEST_HEADERS: Self = Self(1 << 2);
    /// Host or path are rewritten.
    pub const REWRITE: Self = Self(1 << 3);
    /// Copies are sent elsewhere.
    pub const MIRROR: Self = Self(1 << 4);
    /// The response's headers are edited.
    pub const RESPONSE_HEADERS: Self = Self(1 << 5);

    /// Whether any of `stages` is in the set.
    pub const fn has(self, stages: Self) -> bool {
        self.0 & stages.0 != 0
    }

    /// The stages if `used`, else none.
    #[must_use]
    pub const fn when(self, used: bool) -> Self {
        if used { self } else { Self::NONE }
    }
}

impl BitOr for Stage {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_apart() {
        let all = [
            Stage::CORS,
            Stage::REDIRECT,
            Stage::REQUEST_HEADERS,
            Stage::REWRITE,
            Stage::MIRROR,
            Stage::RESPONSE_HEADERS,
        ];
        for (n, stage) in all.iter().enumerate() {
            for (m, other) in all.iter().enumerate() {
                assert_eq!(stage.has(*other), n == m);
            }
            assert!(
                !Stage::NONE.has(*stage) && !stage.when(false).has(*stage) && stage.when(true).has(*stage)
            );
        }
        let both = Stage::CORS | Stage::MIRROR;
        assert!(
            both.has(Stage::MIRROR) && both.has(Stage::CORS | Stage::REWRITE) && !both.has(Stage::REWRITE)
        );
    }
}
