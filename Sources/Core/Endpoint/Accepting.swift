/// An endpoint to which others connect.
package protocol AcceptingEndpoint: Endpoint {
    /// Takes its addresses, before `run`. The relay is ready when all of them are taken.
    func bind() async throws
}
