import Base
import Support
import Testing

@Suite struct BytesTests {
    @Test(arguments: [0, 1, 127, 128, 300, 16_383, 16_384, UInt64(UInt32.max), 1 << 63, .max])
    func varintGoesThereAndBack(value: UInt64) throws {
        var writer = ByteWriter()
        writer.varint(value)
        #expect(writer.count == max(1, (64 - value.leadingZeroBitCount + 6) / 7))
        let bytes = writer.bytes
        var reader = ByteReader(bytes.span.bytes)
        let back = try reader.varint()
        #expect(back == value)
        #expect(reader.remaining == 0)
    }

    @Test(
        arguments: [
            ([0x80, 0x00], ByteError.Reason.varint), ([0x80], .truncated), ([], .truncated), ([0xff, 0x80, 0x00], .varint),
            ([UInt8](repeating: 0xff, count: 9) + [0x02], .varint), ([UInt8](repeating: 0x80, count: 11), .varint),
        ] as [([UInt8], ByteError.Reason)])
    func badVarintIsRefused(bytes: [UInt8], reason: ByteError.Reason) {
        var reader = ByteReader(bytes.span.bytes)
        var caught: ByteError?
        do { _ = try reader.varint() } catch { caught = error }
        #expect(caught?.reason == reason)
    }

    /// RFC 4648 section 10, in lower case and without padding.
    @Test(arguments: [
        ("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"), ("fooba", "mzxw6ytb"), ("foobar", "mzxw6ytboi"),
    ])
    func base32(plain: String, text: String) {
        #expect(Base32.encode(plain.utf8) == text)
        #expect(Base32.decode(text) == [UInt8](plain.utf8))
    }

    @Test(arguments: ["a", "mz1q", "mzxr", "mzxw6ytbo"])
    func badBase32IsRefused(text: String) { #expect(Base32.decode(text) == nil) }

    /// FIPS 180-4, example "abc"; RFC 4231 section 4.3.
    @Test func digests() {
        #expect(hex(SHA256.digest([UInt8]("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let mac = SHA256.authenticate([UInt8]("what do ya want for nothing?".utf8), key: [UInt8]("Jefe".utf8))
        #expect(hex(mac) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func hexIsReadBack() {
        #expect(bytes(hex: "00 ff A1") == [0, 255, 161])
        #expect(bytes(hex: "0") == nil)
        #expect(bytes(hex: "zz") == nil)
    }
}

@Suite struct TimeTests {
    /// As `date -u -d @N` says.
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_795_549_974, "2026-11-24T19:52:54Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] as [(UInt64, String)])
    func text(seconds: UInt64, text: String) { #expect(UnixTime(seconds: seconds).text == text) }

    @Test func month() { #expect(UnixTime(seconds: 1_795_549_974).month == 202_611) }
}
