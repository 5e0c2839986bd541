import COpenSSL

/// Where unguessable bytes come from. A contract, so that a simulated run can be repeated.
package protocol Entropy: Sendable {
    func bytes(_ count: Int) -> [UInt8]
}

/// The cryptographic generator of libcrypto, seeded by the system.
package struct SystemEntropy: Entropy {
    package init() {}

    package func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        // A generator that can't be seeded must never be used as if it were.
        precondition(RAND_bytes(&bytes, Int32(count)) == 1, "no entropy: libcrypto's generator is not seeded")
        return bytes
    }
}
