//! A first look at PEM: is it what it should be? Whether keys fit certificates is for the dataplane to find out.

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

/// Reads one or more certificates.
pub(crate) fn certificates(pem: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(pem).map_err(|_| "is not text".to_owned())?;
    let mut count = 0_usize;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("is not PEM: {error}"))?;
        if !is_sequence(&certificate) {
            return Err("holds a certificate that is not DER".to_owned());
        }
        count += 1;
    }
    if count == 0 { Err("holds no certificate in PEM form".to_owned()) } else { Ok(text.to_owned()) }
}

/// Reads one private key.
pub(crate) fn private_key(pem: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(pem).map_err(|_| "is not text".to_owned())?;
    let key =
        PrivateKeyDer::from_pem_slice(pem).map_err(|_| "holds no private key in PEM form".to_owned())?;
    if is_sequence(key.secret_der()) {
        Ok(text.to_owned())
    } else {
        Err("holds a key that is not DER".to_owned())
    }
}

/// Whether the bytes are one DER SEQUENCE of the length that they say.
fn is_sequence(der: &[u8]) -> bool {
    let Some((0x30, rest)) = der.split_first().map(|(tag, rest)| (*tag, rest)) else { return false };
    match rest.split_first() {
        Some((length, body)) if *length < 0x80 => usize::from(*length) == body.len(),
        Some((length, body)) => {
            let Some((digits, body)) = body.split_at_checked(usize::from(*length & 0x7f)) else {
                return false;
            };
            digits.len() <= 4
                && digits.iter().fold(0_usize, |sum, d| (sum << 8) | usize::from(*d)) == body.len()
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn self_signed() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn what_is_accepted() {
        let (cert, key) = self_signed();
        assert_eq!(certificates(cert.as_bytes()), Ok(cert.clone()));
        assert_eq!(certificates(format!("{cert}{cert}").as_bytes()), Ok(format!("{cert}{cert}")));
        assert_eq!(private_key(key.as_bytes()), Ok(key));
    }

    #[test]
    fn what_is_refused() {
        let (cert, key) = self_signed();
        for bytes in
            [&b""[..], b"Hello world\n", b"\xff\xfe", key.as_bytes(), &cert.as_bytes()[..cert.len() / 2]]
        {
            assert!(certificates(bytes).is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
        let not_der = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        assert_eq!(certificates(not_der.as_bytes()), Err("holds a certificate that is not DER".to_owned()));
        for bytes in [&b""[..], b"Hello world\n", cert.as_bytes()] {
            assert!(private_key(bytes).is_err());
        }
    }

    #[test]
    fn lengths_of_sequences() {
        assert!(is_sequence(&[0x30, 0x02, 1, 2]));
        assert!(is_sequence(&[0x30, 0x81, 0x02, 1, 2]));
        for der in [
            &[][..],
            &[0x30],
            &[0x31, 0],
            &[0x30, 1],
            &[0x30, 0x82, 0],
            &[0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(!is_sequence(der), "{der:?}");
        }
    }
}
