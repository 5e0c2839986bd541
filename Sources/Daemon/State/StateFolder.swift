import Base
import Core
import IO
import Model
import Store

/// What a relay keeps beside its journal: its identity and the secret of its epochs. Both are made at the first start, readable by nobody
/// else, and in every backup.
package struct StateFolder: Sendable {
    package static let identityFile = "identity.pem"
    package static let secretFile = "epoch.secret"
    /// What belongs into a backup beside the journal.
    package static let keptFiles = [identityFile, secretFile]

    package let path: String
    package let identity: IdentityKey
    /// 32 bytes.
    package let epochSecret: [UInt8]
    /// A key was made though the folder has a journal: peers take this relay for a stranger.
    package let isNewIdentity: Bool
    /// There is a key, and no journal: whatever this relay knew is gone.
    package let hasLostJournal: Bool

    package var relay: RelayID { RelayID(bytes: identity.hash) }

    /// Opens the folder, and makes what is missing. Its parent must exist.
    package init(_ path: String, entropy: any Entropy) throws(StateError) {
        self.path = path
        do {
            try Files.makeFolder(path)
        } catch {
            throw StateError("the state folder can't be made: \(error)")
        }
        try StateFolder.checkOwnership(path)
        if let words = JournalFiles.interruptedRestore(in: path) { throw StateError(words) }
        let hasJournal = (try? JournalFiles.hasJournal(path)) == true
        if hasJournal && !Files.exists("\(path)/\(StateFolder.secretFile)") { throw StateError(StateFolder.withoutSecret(path)) }
        isNewIdentity = hasJournal && !Files.exists("\(path)/\(StateFolder.identityFile)")
        hasLostJournal = !hasJournal && Files.exists("\(path)/\(StateFolder.identityFile)")
        let pem = try StateFolder.contents("\(path)/\(StateFolder.identityFile)", orMake: { IdentityKey.make().pem })
        guard let identity = IdentityKey(pem: pem) else {
            throw StateError("\(path)/\(StateFolder.identityFile) is no private key in PEM: put it back from a backup of this relay")
        }
        self.identity = identity
        epochSecret = try StateFolder.contents("\(path)/\(StateFolder.secretFile)", orMake: { entropy.bytes(32) })
        guard epochSecret.count == 32 else {
            throw StateError("\(path)/\(StateFolder.secretFile) has \(epochSecret.count) bytes; expected 32")
        }
    }

    /// Looks, before a relay is started, whether what is there already is its owner's alone. Makes nothing.
    package static func check(_ path: String) throws(StateError) {
        guard Files.exists(path) else { return }
        try checkOwnership(path)
        for name in keptFiles where Files.exists("\(path)/\(name)") { try secret("\(path)/\(name)") }
    }

    /// Puts a backup in the place of a stopped relay's state; what was there is kept beside it. The state of a relay that runs, or of another
    /// one than the backup's, is refused. An error is in the language of `texts`.
    package static func restore(from backup: String, to path: String, _ texts: OperatorTexts) async throws(StateError) {
        do {
            try Files.makeFolder(path)
            if try JournalFiles.isInUse(path) { throw StateError(texts.relayRuns(path), .inUse) }
            for name in keptFiles {
                let kept = try part(name, of: backup, texts)
                if Files.exists("\(path)/\(name)") {
                    guard try Files.read("\(path)/\(name)", atMost: 4096) == kept else {
                        throw StateError(texts.isAnotherRelays("\(path)/\(name)", backup), .refused)
                    }
                }
            }
            guard try JournalFiles.hasJournal(backup) else { throw StateError(texts.noBackup(backup, without: "journal.sqlite")) }
            try await JournalFiles.restore(from: backup, to: path, at: UnixTime.now, keeping: keptFiles)
        } catch let error as StateError {
            throw error
        } catch let error as FileError where error.isForbidden {
            throw StateError(texts.notAllowed("\(error)"), .refused)
        } catch JournalError.inUse(let words) {
            throw StateError(texts.relayRunsThere(words), .inUse)
        } catch let error as JournalError {
            throw StateError(error.words(texts))
        } catch {
            throw StateError("\(error)")
        }
    }

    /// A small file of a backup. That it is not there is what happens to whoever names another folder.
    private static func part(_ name: String, of backup: String, _ texts: OperatorTexts) throws -> [UInt8] {
        do throws(FileError) {
            return try Files.read("\(backup)/\(name)", atMost: 4096)
        } catch {
            if error.isAbsent { throw StateError(texts.noBackup(backup, without: name)) }
            throw error
        }
    }

    /// A new secret would disown every epoch of the journal: no peer's word of them would be believed, so no link would stay, and no mark in a
    /// channel be known.
    private static func withoutSecret(_ path: String) -> String {
        "\(path)/\(secretFile) is missing, and the journal can't be continued without it: put it back from a backup of this relay, or move "
            + "\(path) away to begin anew"
    }

    /// Refuses a secret with which the relay's own streams in its journal were not made.
    package func check(_ journal: JournalState) throws(StateError) {
        let isOther = journal.streams.contains { $0.introduction.owner == relay && !$0.introduction.epoch.isGenuine(secret: epochSecret) }
        if isOther {
            throw StateError(
                "\(path)/\(StateFolder.secretFile) is not the one with which this journal was written: put it back from a backup of this relay"
            )
        }
    }

    /// Who can write a folder can put another key in the place of the relay's; its names may be read.
    private static func checkOwnership(_ path: String) throws(StateError) {
        let exposure: FileExposure?
        do { exposure = try FileExposure.of(path) } catch { throw StateError("\(error)") }
        if let exposure, exposure != .readable { throw StateError(exposure.remedy(path, mode: "700"), .exposed) }
    }

    @discardableResult
    private static func secret(_ path: String) throws(StateError) -> [UInt8] {
        let (bytes, exposure): ([UInt8], FileExposure?)
        do { (bytes, exposure) = (try Files.read(path, atMost: 4096), try FileExposure.of(path)) } catch { throw StateError("\(error)") }
        if let exposure { throw StateError(exposure.remedy(path, mode: "600"), .exposed) }
        return bytes
    }

    private static func contents(_ path: String, orMake make: () -> [UInt8]) throws(StateError) -> [UInt8] {
        do {
            if !Files.exists(path) { try Files.create(path, make()) }
        } catch {
            // Where it exists by now another one starts in the same moment; which of them may go on the journal's lock decides.
            if !error.isExisting { throw StateError("\(error)") }
        }
        return try secret(path)
    }
}

/// Why a relay's state can't be used.
package struct StateError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        case failed
        /// A relay that runs holds it.
        case inUse
        /// Others can get at it; the text has the command that mends that.
        case exposed
        /// It is another relay's, or not for this user.
        case refused
    }

    package let description: String
    package let kind: Kind

    init(_ description: String, _ kind: Kind = .failed) {
        self.description = description
        self.kind = kind
    }
}
