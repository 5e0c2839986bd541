import Base
import COpenSSL

/// A relay's own key: Ed25519 (RFC 8032), kept as PEM (RFC 7468) in a file that nobody else reads.
/// Sendable unchecked: never changed once it is made; OpenSSL's functions that use a key don't write to it.
package final class IdentityKey: @unchecked Sendable {
    let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }

    package static func make() -> IdentityKey {
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        let isMade = EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_keygen(context, &key) == 1
        guard isMade, let key else { preconditionFailure("libcrypto makes no key: \(TLSContext.words())") }
        return IdentityKey(key)
    }

    /// nil if it is no private key in PEM.
    package init?(pem: [UInt8]) {
        guard let bio = BIO_new_mem_buf(pem, Int32(pem.count)) else { return nil }
        defer { BIO_free(bio) }
        guard let key = PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil) else {
            ERR_clear_error()
            return nil
        }
        pointer = key
    }

    package var pem: [UInt8] {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        precondition(PEM_write_bio_PrivateKey(bio, pointer, nil, nil, 0, nil, nil) == 1, "libcrypto writes no key")
        let count = BIO_ctrl_pending(bio)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            used = Int(BIO_read(bio, buffer.baseAddress, Int32(count)))
        }
    }

    /// SHA-256 of the SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), 32 bytes.
    package var hash: [UInt8] { IdentityKey.hash(of: pointer) }

    /// A certificate that says nothing but the key: the same name for everybody, valid for ever (RFC 5280 section 4.1.2.5, "99991231235959Z").
    func selfSignedCertificate() -> OpaquePointer {
        guard let certificate = X509_new() else { preconditionFailure("libcrypto makes no certificate") }
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1)
        ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20200101000000Z")
        ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z")
        let name = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, Array("fairlead".utf8), -1, -1, 0)
        X509_set_issuer_name(certificate, name)
        X509_set_pubkey(certificate, pointer)
        // Ed25519 signs without a digest of its own choosing.
        precondition(X509_sign(certificate, pointer, nil) > 0, "libcrypto signs no certificate: \(TLSContext.words())")
        return certificate
    }

    /// SHA-256 of a public key's SubjectPublicKeyInfo.
    static func hash(of key: OpaquePointer) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = i2d_PUBKEY(key, &bytes)
        precondition(count > 0, "libcrypto spells no public key")
        defer { CRYPTO_free(bytes, "", 0) }
        return SHA256.digest(Array(UnsafeBufferPointer(start: bytes, count: Int(count))))
    }
}
