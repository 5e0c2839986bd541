import Base
import Model
import Testing

@Suite struct IdentityTests {
    @Test func eventIDText() throws {
        let id = EventID(stream: StreamID(rawValue: 0x0123_4567_89AB_CDEF), number: 42)
        #expect(id.description == "aerukz4jvpg66.42")
        #expect(EventID(text: id.description) == id)
    }

    @Test(arguments: [
        "", "aerukz4jvpg66", "aerukz4jvpg66.", "aerukz4jvpg66.0", "aerukz4jvpg66.01", "aerukz4jvpg66.-1", "aerukz4jvpg6.1",
        "aerukz4jvpg67.1", "a.b.c",
    ])
    func badEventIDTextIsRefused(text: String) { #expect(EventID(text: text) == nil) }

    @Test func relayIDTextNoticesTypos() throws {
        let id = RelayID(bytes: SHA256.digest([1, 2, 3]))
        let text = id.description
        #expect(text.count == 63 && text.split(separator: "-").allSatisfy { $0.count == 7 })
        #expect(RelayID(text: text) == id)
        #expect(RelayID(text: text.uppercased().replacing("-", with: " ")) == id)
        let characters = [Character](text)
        for index in characters.indices where characters[index] != "-" {
            var wrong = characters
            wrong[index] = wrong[index] == "q" ? "r" : "q"
            #expect(RelayID(text: String(wrong)) == nil)
            if index + 1 < characters.count, characters[index + 1] != "-", characters[index] != characters[index + 1] {
                var swapped = characters
                swapped.swapAt(index, index + 1)
                #expect(RelayID(text: String(swapped)) == nil)
            }
        }
    }

    /// Computed by hand with Python's hashlib and hmac from docs/semantics.md section 1.
    @Test func derivedIDs() {
        let owner = RelayID(bytes: [UInt8](0..<32))
        let epoch = Epoch(ordinal: 3, salt: 0x0102_0304_0506_0708, secret: [UInt8](repeating: 9, count: 32))
        let introduction = StreamIntroduction(owner: owner, bridge: BridgeKey(bytes: [UInt8](repeating: 7, count: 16)), epoch: epoch)
        #expect(epoch.bits == 0xD875_82D1_026E_CFA0)
        #expect(introduction.stream.rawValue == 0x11BB_B3DC_14BE_0A07)
        #expect(epoch.isGenuine(secret: [UInt8](repeating: 9, count: 32)))
        #expect(!epoch.isGenuine(secret: [UInt8](repeating: 8, count: 32)))
        #expect(AuthorKey(secret: [UInt8](repeating: 5, count: 32), endpoint: "libera", account: "anna").rawValue == 0x99DA_21E9_8F7E_A26D)
        #expect(Home(secret: [UInt8](repeating: 5, count: 32), endpoint: "libera", channel: "#ops").rawValue == 0x0A9D_F3E6)
        let envelope = Envelope(id: EventID(stream: introduction.stream, number: 5), originTime: UnixTime(seconds: 1_800_000_000), hops: 0)
        #expect(envelope.digest(of: [1, 2, 3]) == 0x7B59_D9A1_48CB_3092)
    }

    @Test func epochsAreOrderedByOrdinalThenBits() {
        #expect(Epoch(ordinal: 1, salt: 0, bits: 9) < Epoch(ordinal: 2, salt: 0, bits: 1))
        #expect(Epoch(ordinal: 1, salt: 0, bits: 1) < Epoch(ordinal: 1, salt: 0, bits: 2))
    }
}
