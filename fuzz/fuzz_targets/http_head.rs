//! A whole HTTP/1.1 response, head and body, compared with other cuttings; and its head with `httparse`.

#![no_main]

use http::Method;
use kube_fuzz::answer::read;
use kube_fuzz::for_any_cutting;
use kube_proto::driver::ExchangeKind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let answer = for_any_cutting(input, |chunks| read(Method::GET, ExchangeKind::Call, chunks));
    for_any_cutting(input, |chunks| read(Method::HEAD, ExchangeKind::Call, chunks));
    for_any_cutting(input, |chunks| read(Method::GET, ExchangeKind::Upgrade, chunks));

    // The core is stricter: `httparse` accepts and reads the same heads.
    let Some((code, headers)) = answer.head else { return };
    let mut rest = input;
    let parsed = loop {
        let mut fields = vec![httparse::EMPTY_HEADER; 257];
        let mut response = httparse::Response::new(&mut fields);
        let Ok(httparse::Status::Complete(length)) = response.parse(rest) else { panic!("httparse refuses the head") };
        let code = response.code.expect("a complete head has a code");
        if code / 100 == 1 {
            rest = &rest[length..];
            continue;
        }
        let fields = response.headers.iter();
        break (code, fields.map(|field| (field.name.to_ascii_lowercase(), field.value.to_vec())).collect::<Vec<_>>());
    };
    let sorted = |mut headers: Vec<(String, Vec<u8>)>| {
        // A header map keeps only the order within a name.
        headers.sort_by(|a, b| a.0.cmp(&b.0));
        headers
    };
    assert_eq!((code, sorted(headers)), (parsed.0, sorted(parsed.1)));
});
