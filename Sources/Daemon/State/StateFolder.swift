import Base
import IO
import Model

/// What a relay keeps beside its journal: its identity and the secret of its epochs. Both are made at the first start, readable by nobody
/// else, and in every backup.
package struct StateFolder: Sendable {
    package static let identityFile = "identity.pem"
    package static let secretFile = "epoch.secret"

    package let path: String
    package let identity: IdentityKey
    /// 32 bytes.
    package let epochSecret: [UInt8]

    package var relay: RelayID { RelayID(bytes: identity.hash) }

    /// Opens the folder, and makes what is missing. Its parent must exist.
    package init(_ path: String, entropy: any Entropy) throws(StateError) {
        self.path = path
        do {
            try Files.makeFolder(path)
        } catch {
            throw StateError("the state folder can't be made: \(error)")
        }
        let pem = try StateFolder.contents("\(path)/\(StateFolder.identityFile)", orMake: { IdentityKey.make().pem })
        guard let identity = IdentityKey(pem: pem) else { throw StateError("\(path)/\(StateFolder.identityFile) is no private key in PEM") }
        self.identity = identity
        epochSecret = try StateFolder.contents("\(path)/\(StateFolder.secretFile)", orMake: { entropy.bytes(32) })
        guard epochSecret.count == 32 else {
            throw StateError("\(path)/\(StateFolder.secretFile) has \(epochSecret.count) bytes; expected 32")
        }
    }

    private static func contents(_ path: String, orMake make: () -> [UInt8]) throws(StateError) -> [UInt8] {
        do {
            if !Files.exists(path) { try Files.create(path, make()) }
            guard try !Files.isReadableByOthers(path) else { throw StateError("\(path) can be read by others; run: chmod 600 \(path)") }
            return try Files.read(path, atMost: 4096)
        } catch let error as StateError {
            throw error
        } catch {
            throw StateError("\(error)")
        }
    }
}

/// Why a relay's state can't be used.
package struct StateError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
