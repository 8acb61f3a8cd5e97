//! RequestMirror: which requests are copied.

#[cfg(test)]
mod tests;

/// Where copies go, and how many of all requests.
#[derive(Clone, Debug)]
pub struct Mirror<T> {
    /// Where to.
    pub target: T,
    numerator: u32,
    denominator: u32,
}

impl<T> Mirror<T> {
    /// `numerator` of `denominator` requests; a denominator of 0 counts as 1.
    pub fn new(target: T, numerator: u32, denominator: u32) -> Self {
        Self { target, numerator, denominator: denominator.max(1) }
    }

    /// Whether a request is copied, given a random number: independent of all others, with exactly the
    /// fraction's probability to within 2⁻³². A counter would hit the fraction sooner, but workers would
    /// have to share it.
    pub fn takes(&self, random: u32) -> bool {
        let at = (u64::from(random) * u64::from(self.denominator)) >> 32;
        at < u64::from(self.numerator)
    }
}
