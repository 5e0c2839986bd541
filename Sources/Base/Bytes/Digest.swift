import COpenSSL

/// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), by libcrypto. A digest is 32 bytes.
package enum SHA256 {
    package static let byteCount = 32

    package static func digest(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var length: UInt32 = 0
        let done = EVP_Digest(message, message.count, &digest, &length, EVP_sha256(), nil)
        precondition(done == 1 && length == 32, "libcrypto refused SHA-256")
        return digest
    }

    package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var length: UInt32 = 0
        let done = HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &digest, &length)
        precondition(done != nil && length == 32, "libcrypto refused HMAC-SHA-256")
        return digest
    }
}

extension [UInt8] {
    /// The first eight bytes, big endian. There are at least eight.
    package var firstUInt64: UInt64 { self[...].firstUInt64 }

    /// The first four bytes, big endian. There are at least four.
    package var firstUInt32: UInt32 { self[...].firstUInt32 }
}

extension UInt64 {
    /// Its eight bytes, big endian: what `firstUInt64` reads.
    package var bigEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * UInt64($0))) } }
}

extension ArraySlice<UInt8> {
    /// The first eight bytes, big endian. There are at least eight.
    package var firstUInt64: UInt64 { (startIndex..<startIndex + 8).reduce(0) { $0 << 8 | UInt64(self[$1]) } }

    /// The first four bytes, big endian. There are at least four.
    package var firstUInt32: UInt32 { (startIndex..<startIndex + 4).reduce(0) { $0 << 8 | UInt32(self[$1]) } }
}

/// Whether two secrets are the same. Digests are compared, whole, so that time tells neither where they differ nor how long they are.
package func isEqualInConstantTime(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Bool {
    zip(SHA256.digest(Array(left)), SHA256.digest(Array(right))).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
