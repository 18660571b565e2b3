"""What nobody means to send. Rows of data: a new kind of oddity gets its place here."""

# fmt: off
WORST = ["a\0b", "\ud800", 10**30, [], ""]
"""A NUL, half a character, a number beyond all stores, another kind, nothing."""
TEXTS = [
    'a\x00b', '\ud800', '\udc00a', '', ' ', '\u200b', '\u202e\u2066', '\ufeff', '\uffff', '\U0010ffff', 'e\u0301',
    'a' * 9000, '/', '..', '../../x', '%00', '%', '\'"<>;--', '\r\nx: y', '\xe9', '\xb2', '\u0663', 'NaN', '1e400',
    '0001-01-01T00:00:00+08:00', '9999-12-31T23:59:59-14:00', '2016-12-31T23:59:60Z', '0000-00-00', '-0001-01-01',
    '9' * 5000, '-1', '1_000', '0x1f', 'serve_until:9999-12-31', 'serve_until:0001-01-01', 'verify:', '|', ':',
    ',', '[' * 2000, '{}', 'null', 'http://[', 'a@b', '=cmd', '\U0001f600' * 100, 'vt_\xe9', 'vs_\x00', 'A' * 200,
    'a' * 80, '\U0001f3f4\U000e0067\u200d',
]
"""What text may hold, and texts that are read as something else."""
OTHERS = [
    None, True, False, 0, -1, 1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 0.1, -0.0, float("nan"),
    float("inf"), 1e+308, [], {}, [[]], [None], {'': ''}, {'a\x00': '\ud800'}, ["a"] * 2000, [[[[[[[[1]]]]]]]],
    {'a': {'a': {'a': {}}}},
]
"""Numbers at the ends of what stores and calendars hold; things of another kind."""
BODIES = [
    b'', b'\x00', b'\xff', b'null', b'1', b'"a"', b'[]', b'{', b'[' * 50000, b'{"a":' * 50_000, b'NaN', b'1e999',
    b'9' * 5000, b'{"account":"a","account":"b"}', b'\xff\xfe{\x00}\x00', b'\xef\xbb\xbf{}', b'\xed\xa0\x80',
    b'{"\\ud800":1}', b'{"\\u0000":"\\u0000"}', b'--x\r\n\r\n--x--',
    b'--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="\x00"; filename*=a\r\n\r\n\xff\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 1500 + b"--x--\r\n",
    b'a=%00&b=%FF&c=%ED%A0%80&=&&%',
]
"""Whole bodies."""
HEADERS = {
    "authorization": [
        b'Bearer \xff', b'Bearer ', b'Bearer vt_\xff', b"Bearer " + b"a" * 5000, b'Basic a', b'Bearer \x00',
    ],
    "cookie": [
        b'shiming_staff=\xff', b'=;=;;', b'shiming_x=\x00', b'a="\\400"', b"shiming_staff=" + b"a" * 4000,
    ],
    "origin": [
        b'http://[', b'null', b'\xff', b'http://console.test:99999', b'//',
    ],
    "host": [
        b'[', b'a b', b'\xff', b'', b'[::1]:99999', b'a:b', b'\xd9\xa3',
    ],
    "x-csrf": [
        b'\xff', b'',
    ],
    "idempotency-key": [
        b'\xff', b'a' * 200, b'a' * 201, b' ', b'\x00',
    ],
    "last-event-id": [
        b'\xff', b'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    ],
    "content-type": [
        b'\xff', b'application/json', b'application/x+json; charset=\xff', b'multipart/form-data', b'text/plain',
        b'multipart/form-data; boundary=x', b'multipart/form-data; boundary=""; charset=idna', b'a',
        b'multipart/form-data; boundary=\xff; charset=unicode_escape', b'application/x-www-form-urlencoded',
    ],
    "content-length": [
        b'9' * 5000, b'-1', b'\xd9\xa3', b'a',
    ],
    "accept-language": [
        b'\xff', b'en' * 2000, b'\x00',
    ],
    "x-forwarded-for": [
        b'\xff', b',,,', b'a' * 4000,
    ],
    "x-forwarded-proto": [
        b'\xff',
    ],
    "upload-offset": [
        b'9' * 5000, b'1e1',
    ],
}
"""Headers, by name."""
