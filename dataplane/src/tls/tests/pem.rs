use super::*;

/// The message for a listener that shows this certificate.
fn refused(chain_pem: String, key_pem: String) -> String {
    let snapshot = snapshot(&[("secret/ns/c", Certificate { chain_pem, key_pem })], &[]);
    let tls = listener_tls(&["secret/ns/c"], None);
    ServerTls::build(&snapshot, &ListenerKey::new("l"), &tls).unwrap_err().to_string()
}

#[test]
fn messages_name_the_object_the_block_and_the_reason() {
    let authority = Authority::new();
    let Certificate { chain_pem: chain, key_pem: key } = authority.issue(&["a.example"]);
    let other = authority.issue(&["a.example"]).key_pem;
    let no_x509 = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let no_base64 = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    for (name, chain, key, want) in [
        ("empty chain", String::new(), key.clone(), "there is no CERTIFICATE block"),
        ("text", "hello".to_owned(), key.clone(), "there is no CERTIFICATE block"),
        ("key as chain", key.clone(), key.clone(), "there is no CERTIFICATE block"),
        ("no X.509", format!("{chain}{no_x509}"), key.clone(), "block 2: not a valid X.509 certificate"),
        ("no base64", no_base64.to_owned(), key.clone(), "block 1: base64 decode error"),
        ("cut off", chain[..chain.len() / 2].to_owned(), key.clone(), "block 1: missing section end marker"),
        ("empty key", chain.clone(), String::new(), "there is no PRIVATE KEY"),
        ("certificate as key", chain.clone(), chain.clone(), "there is no PRIVATE KEY"),
        ("encrypted", chain.clone(), format!("{chain}{encrypted}"), "block 2: encrypted private keys"),
        ("other key", chain.clone(), other, "the private key does not belong to the certificate"),
        (
            "no key inside",
            chain,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(),
            "the private key cannot be used",
        ),
    ] {
        let message = refused(chain, key);
        assert!(message.starts_with("secret/ns/c: "), "{name}: {message}");
        assert!(message.contains(want), "{name}: {message}");
    }
}

#[test]
fn no_message_shows_the_key() {
    let authority = Authority::new();
    let Certificate { chain_pem, key_pem } = authority.issue(&["a.example"]);
    let secret = key_pem.lines().nth(1).unwrap().to_owned();
    for broken in [
        key_pem.replace("-----END", "----END"),
        key_pem.replace("-----BEGIN PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY-----\n!"),
        key_pem.replace("-----BEGIN PRIVATE KEY-----\n", "-----BEGIN "),
    ] {
        let message = refused(chain_pem.clone(), broken);
        assert!(!message.contains(&secret), "{message}");
    }
}

#[test]
fn a_bundle_may_hold_several_and_comments() {
    let (one, two) = (Authority::new(), Authority::new());
    let mut roots = RootCertStore::empty();
    let pem = format!("# first\n{}\n# second\n{}", one.pem, two.pem);
    crate::tls::pem::add_trust(&mut roots, &Trust { pem }).unwrap();
    assert_eq!(roots.len(), 2);
    let error = crate::tls::pem::add_trust(&mut roots, &Trust { pem: "x".to_owned() }).unwrap_err();
    assert_eq!(error.to_string(), "there is no CERTIFICATE block");
}
