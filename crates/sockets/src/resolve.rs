//! Names and addresses, services and ports: `getaddrinfo` and `getnameinfo`.

use crate::{Error, Result, sys};
use nix::sys::socket::{SockaddrLike, SockaddrStorage};
use std::ffi::{CStr, CString};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ptr;

/// The addresses of `name`, each with the port of `service`, in the resolver's order, each once.
///
/// `name` may be an address, which comes back as itself. `service` is a name (`http`) or a number
/// from 0 to 65535.
///
/// # Errors
///
/// [`Error::is_resolution`]; the message names what is unknown, the name or the service.
///
/// ```
/// use sockets::resolve;
///
/// let found = resolve::lookup("127.0.0.1", "4321")?;
/// assert_eq!(found, ["127.0.0.1:4321".parse().unwrap()]);
///
/// let unknown = resolve::lookup("127.0.0.1", "no-such-service").unwrap_err();
/// assert!(unknown.is_resolution());
/// assert!(unknown.to_string().contains("no-such-service"));
/// # Ok::<(), sockets::Error>(())
/// ```
pub fn lookup(name: &str, service: &str) -> Result<Vec<SocketAddr>> {
    let port = port_of(service)?;
    let mut found = addresses(name)?;
    for address in &mut found {
        address.set_port(port);
    }
    Ok(found)
}

/// The port of a TCP service: of a name as `/etc/services` has it, or of a number as itself.
///
/// # Errors
///
/// [`Error::is_resolution`] for a service that is unknown and for a number above 65535.
///
/// ```
/// # use sockets::resolve::port_of;
/// assert_eq!(port_of("4321")?, 4321);
/// assert!(port_of("65536").unwrap_err().is_resolution());
/// # Ok::<(), sockets::Error>(())
/// ```
pub fn port_of(service: &str) -> Result<u16> {
    let digits = !service.is_empty() && service.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        // Not left to getaddrinfo: glibc cuts a number above 65535 to its low 16 bits.
        return service
            .parse()
            .map_err(|_| Error::resolve(service, "a port is a number up to 65535"));
    }
    let found = getaddrinfo(None, Some(service)).map_err(|why| Error::resolve(service, why))?;
    match found.first() {
        Some(address) => Ok(address.port()),
        None => Err(Error::resolve(service, "no such service")),
    }
}

/// The name of the TCP service at `port` (`/etc/services`), where it has one.
///
/// ```
/// # use sockets::resolve::{port_of, service_at};
/// if let Some(name) = service_at(80) {
///     assert_eq!(port_of(&name).unwrap(), 80); // `http` on most machines
/// }
/// assert_eq!(service_at(65_535), None); // a port that no service ever gets (RFC 6335)
/// ```
pub fn service_at(port: u16) -> Option<String> {
    let any = SocketAddr::from(([0, 0, 0, 0], port));
    let name = getnameinfo(any, Part::Service, 0).ok()?;
    // Without a name, the number comes back.
    (name != port.to_string()).then_some(name)
}

/// The host name of `address`, or nothing where it has none.
///
/// # Errors
///
/// [`Error::is_resolution`] when the resolver could not tell, e.g. because no name server answers.
///
/// ```
/// // `localhost` on most machines; whatever it is, it is no empty name.
/// if let Ok(Some(name)) = sockets::resolve::reverse([127, 0, 0, 1].into()) {
///     assert!(!name.is_empty());
/// }
/// ```
pub fn reverse(address: IpAddr) -> Result<Option<String>> {
    let socket = SocketAddr::new(address.to_canonical(), 0);
    match getnameinfo(socket, Part::Host, libc::NI_NAMEREQD) {
        Ok(name) => Ok(Some(name)),
        Err(why) if why.code == libc::EAI_NONAME => Ok(None),
        Err(why) => Err(Error::resolve(address.to_canonical(), why)),
    }
}

/// The host name of `address`, or the address itself where it has none or nobody can tell.
///
/// This may take as long as a name server does to answer, or not to.
///
/// ```
/// # use sockets::resolve::name_of;
/// // An address that is set aside for documentation has no name.
/// assert_eq!(name_of("192.0.2.1".parse().unwrap()), "192.0.2.1");
/// // An IPv4 address in IPv6's clothes is shown as itself.
/// assert_eq!(name_of("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1");
/// ```
pub fn name_of(address: IpAddr) -> String {
    match reverse(address) {
        Ok(Some(name)) => name,
        Ok(None) | Err(_) => address.to_canonical().to_string(),
    }
}

/// The addresses of a host, with port 0 (an IPv6 address may carry its interface).
pub(crate) fn addresses(name: &str) -> Result<Vec<SocketAddr>> {
    let mut found = getaddrinfo(Some(name), None).map_err(|why| Error::resolve(name, why))?;
    // The hosts file may give the same address twice.
    let mut seen = std::collections::HashSet::new();
    found.retain(|address| seen.insert(*address));
    Ok(found)
}

/// What the resolver said: its code and its text (`man 3 gai_strerror`).
struct Why {
    code: libc::c_int,
    text: String,
}

impl Why {
    fn new(code: libc::c_int) -> Self {
        if code == libc::EAI_SYSTEM {
            let text = crate::error::system_text(&io::Error::last_os_error());
            return Why { code, text };
        }
        // SAFETY: takes any number, and gives a text that is never freed.
        let text = unsafe { CStr::from_ptr(libc::gai_strerror(code)) };
        Why {
            code,
            text: text.to_string_lossy().into_owned(),
        }
    }

    fn nul() -> Self {
        Why {
            code: libc::EAI_NONAME,
            text: "a name holds no NUL".to_owned(),
        }
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// `getaddrinfo(3)` for TCP.
fn getaddrinfo(
    name: Option<&str>,
    service: Option<&str>,
) -> std::result::Result<Vec<SocketAddr>, Why> {
    let text = |text: &str| CString::new(text).map_err(|_| Why::nul());
    let name = name.map(text).transpose()?;
    let service = service.map(text).transpose()?;
    let pointer = |text: &Option<CString>| text.as_ref().map_or(ptr::null(), |text| text.as_ptr());

    // SAFETY: `addrinfo` is plain data for which zero is "any".
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_socktype = libc::SOCK_STREAM;
    let mut list = ptr::null_mut();
    // SAFETY: the texts and the hints outlive the call, which writes to `list` alone.
    let code = unsafe { libc::getaddrinfo(pointer(&name), pointer(&service), &hints, &mut list) };
    if code != 0 {
        return Err(Why::new(code));
    }
    let mut found = Vec::new();
    let mut node = list;
    while !node.is_null() {
        // SAFETY: a node of the list that the call has made and that is freed below.
        let entry = unsafe { &*node };
        // SAFETY: `ai_addr` points to `ai_addrlen` bytes of a socket address.
        let address = unsafe { SockaddrStorage::from_raw(entry.ai_addr, Some(entry.ai_addrlen)) };
        found.extend(address.as_ref().and_then(sys::to_std));
        node = entry.ai_next;
    }
    // SAFETY: the list of the call above, freed once; no address of it is kept.
    unsafe { libc::freeaddrinfo(list) };
    Ok(found)
}

/// Which half of an address `getnameinfo` is asked for.
enum Part {
    Host,
    Service,
}

/// `getnameinfo(3)`.
fn getnameinfo(
    address: SocketAddr,
    part: Part,
    flags: libc::c_int,
) -> std::result::Result<String, Why> {
    let address = sys::to_nix(&address);
    // The longest name that the domain name system has is 255 bytes; NI_MAXHOST is 1025.
    let mut name = [0u8; 1025];
    let room = name.len() as libc::socklen_t;
    let (host, host_room, service, service_room) = match part {
        Part::Host => (name.as_mut_ptr(), room, ptr::null_mut(), 0),
        Part::Service => (ptr::null_mut(), 0, name.as_mut_ptr(), room),
    };
    // SAFETY: the address and the buffer outlive the call, and their sizes are theirs.
    let code = unsafe {
        libc::getnameinfo(
            address.as_ptr(),
            address.len(),
            host.cast(),
            host_room as _,
            service.cast(),
            service_room as _,
            flags,
        )
    };
    if code != 0 {
        return Err(Why::new(code));
    }
    let text = CStr::from_bytes_until_nul(&name).unwrap_or_default();
    Ok(text.to_string_lossy().into_owned())
}
