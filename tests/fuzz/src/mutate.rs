//! Changes of inputs.

use fastrand::Rng;

/// Values at which sizes and counts turn over.
const EDGES: &[u8] = &[0, 1, 2, 0x0a, 0x20, 0x2f, 0x7f, 0x80, 0xfe, 0xff];

/// Makes new inputs of old ones, the same ones for the same beginning.
#[derive(Debug)]
pub struct Mutator {
    rng: Rng,
    dictionary: &'static [&'static [u8]],
    max_len: usize,
}

impl Mutator {
    /// `random`: where the sequence begins. Inputs are at most `max_len` bytes.
    pub fn new(random: u64, dictionary: &'static [&'static [u8]], max_len: usize) -> Self {
        Self { rng: Rng::with_seed(random), dictionary, max_len }
    }

    /// One of `corpus` after one to eight changes.
    ///
    /// # Panics
    /// If the corpus is empty.
    pub fn mutate(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = self.rng.choice(corpus).expect("a corpus").clone();
        for _ in 0..1_u32 << self.rng.u32(0..4) {
            self.change(&mut input, corpus);
        }
        input.truncate(self.max_len);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        match self.rng.u8(0..10) {
            0 => self.at(input, |byte, rng| *byte ^= 1 << rng.u8(0..8)),
            1 => self.at(input, |byte, rng| *byte = rng.u8(..)),
            2 => self.at(input, |byte, rng| *byte = rng.choice(EDGES).copied().unwrap_or(0)),
            3 => self.at(input, |byte, rng| *byte = byte.wrapping_add(rng.u8(0..17)).wrapping_sub(8)),
            4 => self.remove(input),
            5 => self.repeat(input),
            6 => self.cut(input),
            7 => self.insert_from_dictionary(input),
            8 => self.splice(input, corpus),
            _ => {
                let bytes: Vec<u8> = (0..self.rng.usize(1..5)).map(|_| self.rng.u8(..)).collect();
                self.insert(input, &bytes);
            }
        }
    }

    fn at(&mut self, input: &mut [u8], change: impl FnOnce(&mut u8, &mut Rng)) {
        let index = self.rng.usize(0..input.len().max(1));
        if let Some(byte) = input.get_mut(index) {
            change(byte, &mut self.rng);
        }
    }

    /// A random part of `len` bytes, mostly short.
    fn range(&mut self, len: usize) -> std::ops::Range<usize> {
        let start = self.rng.usize(0..=len);
        let longest = if self.rng.u8(0..4) == 0 { len } else { 8 };
        start..(start + self.rng.usize(0..=longest)).min(len)
    }

    fn remove(&mut self, input: &mut Vec<u8>) {
        let range = self.range(input.len());
        input.drain(range);
    }

    fn repeat(&mut self, input: &mut Vec<u8>) {
        let range = self.range(input.len());
        let piece = input.get(range).unwrap_or_default().repeat(self.rng.usize(1..4));
        self.insert(input, &piece);
    }

    fn cut(&mut self, input: &mut Vec<u8>) {
        let len = self.rng.usize(0..=input.len());
        input.truncate(len);
    }

    fn insert_from_dictionary(&mut self, input: &mut Vec<u8>) {
        if let Some(piece) = self.rng.choice(self.dictionary) {
            self.insert(input, piece);
        }
    }

    /// Replaces a part by a part of another input.
    fn splice(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let other = self.rng.choice(corpus).map_or(&[][..], Vec::as_slice);
        let (from, to) = (self.range(other.len()), self.range(input.len()));
        input.splice(to, other.get(from).unwrap_or_default().iter().copied());
    }

    fn insert(&mut self, input: &mut Vec<u8>, piece: &[u8]) {
        let index = self.rng.usize(0..=input.len());
        input.splice(index..index, piece.iter().copied());
        input.truncate(self.max_len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_stay_within_the_limit_and_empty_ones_are_fine() {
        let mut mutator = Mutator::new(1, &[b"token"], 64);
        let corpus = vec![Vec::new(), vec![7; 60]];
        for _ in 0..5000 {
            assert!(mutator.mutate(&corpus).len() <= 64);
        }
    }

    #[test]
    fn every_kind_of_change_happens() {
        let corpus = vec![b"abcdefgh".to_vec(), b"12345678".to_vec()];
        let mut mutator = Mutator::new(1, &[b"<token>"], 64);
        let inputs: Vec<_> = (0..5000).map(|_| mutator.mutate(&corpus)).collect();
        let some = |what: &str, is: fn(&Vec<u8>) -> bool| assert!(inputs.iter().any(is), "{what}");
        some("shorter", |input| input.len() < 8);
        some("longer", |input| input.len() > 8);
        some("a byte changed", |input| input.len() == 8 && input[1..] == b"bcdefgh"[..] && input[0] != b'a');
        some("a piece repeated", |input| input.windows(4).any(|w| w == b"abab"));
        some("from the dictionary", |input| input.windows(7).any(|w| w == b"<token>"));
        some("spliced", |input| input.contains(&b'a') && input.contains(&b'8'));
    }
}
