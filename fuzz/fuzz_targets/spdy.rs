//! SPDY: the input as the bytes of a client and of a server, in any cutting; and the input as the data of a stream, which
//! must arrive as it was sent.

#![no_main]

use bytes::Bytes;
use kube_fuzz::{for_any_cutting, pieces};
use kube_proto::internals::spdy::{Event, Limits, Next, Session, SpdyError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = for_any_cutting(input, |pieces| read(Session::server(LIMITS), pieces));
    let _ = for_any_cutting(input, |pieces| {
        let mut client = Session::client(LIMITS);
        (0..4).for_each(|_| _ = client.open(&[("port", "80")], false).unwrap());
        read(client, pieces)
    });

    let (mut client, mut server) = (Session::client(LIMITS), Session::server(LIMITS));
    let stream = client.open(&[("port", "80")], false).unwrap();
    server.receive(&client.take(usize::MAX).unwrap());
    assert!(matches!(server.next(|_| 0), Ok(Next::Event(Event::Opened(..)))));
    server.reply(stream);
    client.receive(&server.take(usize::MAX).unwrap());
    assert_eq!(client.next(|_| 0), Ok(Next::Event(Event::Replied(stream))));
    for piece in pieces(input) {
        assert!(client.send(stream, &piece));
    }
    assert!(client.finish(stream));
    let mut arrived = Vec::new();
    while let Some(bytes) = client.take(7) {
        server.receive(&bytes);
        while let Ok(Next::Event(event)) = server.next(|_| 5) {
            match event {
                Event::Data(of, bytes) => {
                    assert!(of == stream && bytes.len() <= 5);
                    arrived.extend_from_slice(&bytes);
                }
                event => assert_eq!(event, Event::Ended(stream)),
            }
        }
    }
    assert_eq!(arrived, input);
});

/// The streams are few, so that the limit is reached. Answers have none here: when they are taken depends on the cutting.
const LIMITS: Limits = Limits { streams: 8, header_bytes: 4096, headers: 10, unsent: usize::MAX };

type Outcome = (Vec<Event>, Option<Bytes>, Result<(), SpdyError>);

/// The events, with the data of neighbours joined; the answers; and the end.
fn read(mut session: Session, pieces: Vec<Bytes>) -> Outcome {
    let (mut events, mut end) = (Vec::<Event>::new(), Ok(()));
    for piece in pieces {
        session.receive(&piece);
        loop {
            match session.next(|_| usize::MAX) {
                Ok(Next::Event(event)) => {
                    if let Event::Opened(stream, _) = &event {
                        session.reply(*stream);
                    }
                    match (events.last_mut(), event) {
                        (Some(Event::Data(last, before)), Event::Data(stream, bytes)) if *last == stream => {
                            *before = Bytes::from([&before[..], &bytes[..]].concat());
                        }
                        (_, event) => events.push(event),
                    }
                }
                Ok(Next::More) => break,
                Ok(other) => panic!("{other:?}"),
                Err(error) => {
                    end = Err(error);
                    break;
                }
            }
        }
    }
    let end = end.and_then(|()| session.end());
    (events, session.take(usize::MAX), end)
}
