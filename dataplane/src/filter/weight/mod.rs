//! The choice among backendRefs by weight.

#[cfg(test)]
mod tests;

/// Weights, ready to choose by.
#[derive(Clone, Debug)]
pub struct WeightedPick {
    /// Behind each index the sum of all weights up to it; so an index of weight 0 is never the first
    /// whose sum is larger than a number.
    sums: Box<[u64]>,
}

impl WeightedPick {
    /// Takes the weights in the order of the backendRefs.
    pub fn new(weights: &[u32]) -> Self {
        let sums = weights.iter().scan(0_u64, |sum, weight| {
            *sum += u64::from(*weight);
            Some(*sum)
        });
        Self { sums: sums.collect() }
    }

    /// The index that a random number falls on: index `i` with probability `weight[i] / sum` to within
    /// 2⁻³². `None` if all weights are 0.
    pub fn pick(&self, random: u32) -> Option<usize> {
        match &*self.sums {
            [] | [0] => None,
            [_] => Some(0),
            [.., total] => {
                let at = (u128::from(random) * u128::from(*total)) >> 32;
                self.sums.iter().position(|sum| at < u128::from(*sum))
            }
        }
    }
}
