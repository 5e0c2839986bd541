import Base
import Core
import Model
import Testing

@testable import EndpointIRCListener

/// The nicks of people from elsewhere.
@Suite struct PuppetNamesTests {
}
