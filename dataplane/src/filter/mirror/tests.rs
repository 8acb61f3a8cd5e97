use super::*;

/// How many of 10,000 random numbers are taken, one from the middle of each of as many equal ranges.
fn taken(numerator: u32, denominator: u32) -> u32 {
    let mirror = Mirror::new((), numerator, denominator);
    let numbers = (0..10_000_u64).map(|n| u32::try_from(((2 * n + 1) << 31) / 10_000).unwrap());
    numbers.filter(|random| mirror.takes(*random)).map(|_| 1).sum()
}

#[test]
fn the_fraction_is_the_share_of_random_numbers() {
    assert_eq!(taken(20, 100), 2_000);
    assert_eq!(taken(1, 2), 5_000);
    assert_eq!(taken(35, 100), 3_500);
    assert_eq!(taken(5, 1_000), 50);
}

#[test]
fn none_and_all_are_exact() {
    for random in [0, 1, u32::MAX / 2, u32::MAX] {
        assert!(!Mirror::new((), 0, 100).takes(random));
        assert!(Mirror::new((), 100, 100).takes(random));
        assert!(Mirror::new((), 1, 1).takes(random));
        assert!(Mirror::new((), u32::MAX, u32::MAX).takes(random));
    }
}

#[test]
fn a_bad_fraction_is_harmless() {
    assert!(Mirror::new((), 3, 2).takes(u32::MAX), "more than all is all");
    assert!(Mirror::new((), 1, 0).takes(u32::MAX));
    assert!(!Mirror::new((), 0, 0).takes(0));
}
