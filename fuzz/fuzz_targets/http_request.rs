//! The requests of one HTTP/1.1 connection, compared with other cuttings; and the first head with `httparse`.

#![no_main]

use bytes::{Bytes, BytesMut};
use http::Response;
use kube_fuzz::for_any_cutting;
use kube_proto::driver::wire::{Http1Server, Http1ServerEvent, HttpLimits, READ};
use libfuzzer_sys::fuzz_target;

/// Method, target and headers of a request; its body, if it came to its end.
type Request = (String, String, Vec<(String, Vec<u8>)>, Option<Vec<u8>>);

fuzz_target!(|input: &[u8]| {
    let (requests, ..) = for_any_cutting(input, read);

    // The core is stricter: `httparse` accepts and reads the same heads.
    let Some((method, target, headers, _)) = requests.first() else { return };
    let mut fields = vec![httparse::EMPTY_HEADER; 257];
    let mut request = httparse::Request::new(&mut fields);
    assert!(matches!(request.parse(input), Ok(httparse::Status::Complete(_))), "httparse refuses the head");
    assert_eq!(request.method, Some(method.as_str()));
    assert!(request.path.is_some_and(|path| path.ends_with(target.as_str()) || target == "/" || path.contains('#')));
    let fields = request.headers.iter();
    let mut parsed: Vec<_> = fields.map(|field| (field.name.to_ascii_lowercase(), field.value.to_vec())).collect();
    let mut headers = headers.clone();
    // A header map keeps only the order within a name.
    parsed.sort_by(|a, b| a.0.cmp(&b.0));
    headers.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(headers, parsed);
});

/// All requests, the status of a refusal, and the bytes that the server sends.
fn read(chunks: Vec<Bytes>) -> (Vec<Request>, Option<u16>, Vec<u8>) {
    let (mut http, mut buf) = (Http1Server::new(HttpLimits::default()), BytesMut::new());
    let (mut requests, mut refused, mut out) = (Vec::<Request>::new(), None, Vec::new());
    let mut body = Vec::new();
    let chunks = chunks.into_iter().map(|chunk| (chunk, false)).chain([(Bytes::new(), true)]);
    for (chunk, end) in chunks {
        buf.extend_from_slice(&chunk);
        loop {
            match http.next(&mut buf, end) {
                Http1ServerEvent::Head(head) => {
                    assert!(http.owes_answer());
                    let headers =
                        head.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
                    requests.push((head.method.to_string(), head.uri.to_string(), headers.collect(), None));
                    http.proceed(&mut out);
                    assert!(!http.expects_continue());
                }
                Http1ServerEvent::Data(data) => {
                    assert!(!data.is_empty() && data.len() <= READ);
                    body.extend_from_slice(&data);
                }
                Http1ServerEvent::End => {
                    requests.last_mut().expect("a head").3 = Some(std::mem::take(&mut body));
                    let length = requests.len().is_multiple_of(2).then_some(2);
                    http.answer(&Response::new(()).into_parts().0, length, &mut out);
                    http.data(Bytes::from_static(b"ok"), &mut out);
                    http.finish(&mut out);
                }
                Http1ServerEvent::Refused(why) => {
                    assert!(refused.is_none() && why.status.is_client_error() || why.status.is_server_error());
                    refused = Some(why.status.as_u16());
                    http.refuse(&why, &mut out);
                    assert!(http.is_ended());
                }
                Http1ServerEvent::Closed => assert!(end),
                Http1ServerEvent::NeedMore => break,
            }
        }
    }
    (requests, refused, out.concat())
}
