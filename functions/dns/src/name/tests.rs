use super::{as_people_write, as_route53_writes, check};

#[test]
fn a_name_is_written_as_route_53_does() {
    for (name, written) in [
        ("www.example.com", "www.example.com."),
        ("WWW.Example.Com.", "www.example.com."),
        ("*.example.com", "\\052.example.com."),
        ("\\052.example.com.", "\\052.example.com."),
        ("_dmarc.a-b.example.com", "_dmarc.a-b.example.com."),
        ("a/b.example.com", "a\\057b.example.com."),
        ("a\\056b.example.com", "a\\056b.example.com."),
        ("a\\9.example.com", "a\\1349.example.com."),
        ("\\101.example.com", "a.example.com."),
    ] {
        assert_eq!(as_route53_writes(name), written, "{name}");
        assert_eq!(as_route53_writes(written), written, "written twice: {name}");
    }
    assert_eq!(as_people_write("\\052.example.com."), "*.example.com");
}

#[test]
fn invalid_names_are_reported() {
    for good in ["www.example.com", "*.example.com", "a.b.", "\\052.example.com"] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    let long = format!("{}.com", "a".repeat(64));
    for bad in ["", "com", "a..b", "a*.example.com", "www.*.example.com", "a b.example.com", "ä.example.com", &long] {
        assert!(check(bad).is_err(), "{bad}");
    }
}
