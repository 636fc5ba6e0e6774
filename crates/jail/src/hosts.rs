//! The names that exist inside a cell.

/// `/etc/hosts` of a cell, unless another text is given.
///
/// `lab` is the machine itself; `ada` and `bob` are clients; `server.lab` a server on an address that a
/// swapped pair of addresses shows; `many.lab` a name whose IPv6 address
/// nobody listens on; `two.lab` a name with two IPv4 addresses, `six.lab` one
/// with an IPv6 address alone; `more.lab` one with three addresses, the first of
/// which comes again behind another. 127.0.0.2 has no name, on purpose.
pub const HOSTS: &str = "\
127.0.0.1 localhost
::1 localhost
127.0.1.1 lab
127.0.0.5 ada.lab ada
127.0.0.6 bob.lab bob
127.0.0.9 server.lab
::1 many.lab
127.0.0.9 many.lab
127.0.0.7 two.lab
127.0.0.8 two.lab
::1 six.lab
127.0.0.8 more.lab
127.0.0.9 more.lab
127.0.0.8 more.lab
127.0.0.10 more.lab
";
