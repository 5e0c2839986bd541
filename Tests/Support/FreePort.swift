import CUV
import Glibc

/// A TCP port of 127.0.0.1 that nobody listens at just now.
package func freePort() -> UInt16 {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(number) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            precondition(bind(number, $0, length) == 0 && getsockname(number, $0, &length) == 0, "no free port")
        }
        return UInt16(bigEndian: pointer.pointee.sin_port)
    }
    return port
}
