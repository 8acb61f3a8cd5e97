use super::*;
use proptest::prelude::*;

#[test]
fn no_weight_no_pick() {
    for weights in [&[][..], &[0], &[0, 0, 0]] {
        for random in [0, 1, u32::MAX] {
            assert_eq!(WeightedPick::new(weights).pick(random), None, "{weights:?}");
        }
    }
}

#[test]
fn one_backend_takes_all() {
    for random in [0, 1, u32::MAX] {
        assert_eq!(WeightedPick::new(&[7]).pick(random), Some(0));
        assert_eq!(WeightedPick::new(&[0, 7, 0]).pick(random), Some(1));
    }
}

#[test]
fn the_largest_weights_do_not_overflow() {
    let pick = WeightedPick::new(&[u32::MAX; 64]);
    assert_eq!(pick.pick(0), Some(0));
    assert_eq!(pick.pick(u32::MAX), Some(63));
}

proptest! {
    /// Over evenly spread numbers each backend gets its share, to within one number at each of its ends.
    #[test]
    fn shares_are_the_weights(weights in proptest::collection::vec(0..1_000_u32, 1..16)) {
        const DRAWS: u64 = 20_000;
        let pick = WeightedPick::new(&weights);
        let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        prop_assume!(total > 0);
        let mut counts = vec![0_u64; weights.len()];
        for draw in 0..DRAWS {
            counts[pick.pick(u32::try_from((draw << 32) / DRAWS).unwrap()).unwrap()] += 1;
        }
        for (count, weight) in counts.iter().zip(&weights) {
            let expected = DRAWS * u64::from(*weight) / total;
            prop_assert!(count.abs_diff(expected) <= 2, "{count} for {expected} of {weights:?}");
            prop_assert!(*weight > 0 || *count == 0, "weight 0 gets nothing");
        }
    }
}
