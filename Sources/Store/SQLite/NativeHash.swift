import Core

/// A 64-bit name for a native key (FNV-1a), which tables are keyed by; every hit is checked against the key itself.
func nativeHash(_ key: NativeKey, _ destination: DestinationID) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(destination.rawValue)
    for byte in key.text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
}
