import CSatchel
import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// What the engine is told of `error`: its code, or `otherwise`.
func failure(_ error: any Error, _ otherwise: SatchelError.Code, _ words: String) -> SatchelError {
    switch error {
    case let error as SatchelError: error
    case is CancellationError: .cancelled
    case let error as URLError where error.code == .cancelled: .cancelled
    case is URLError: SatchelError(.network, words, isRetryable: true)
    default: SatchelError(otherwise, words)
    }
}

/// What C asks and is answered once, by whoever comes first.
class Answerable: @unchecked Sendable {
    private let lock = NSLock()
    private var request: OpaquePointer?

    init(_ request: OpaquePointer) { self.request = request }

    func answer(_ how: (OpaquePointer) -> Void) {
        lock.withLock {
            guard let asked = request else { return }
            request = nil
            how(asked)
        }
    }

    /// While it is not answered.
    func tell(_ what: (OpaquePointer) -> Void) {
        lock.withLock { if let request { what(request) } }
    }
}

/// A satchel_token_request.
final class TokenRequest: Answerable, @unchecked Sendable {
    func give(_ jwt: String) {
        answer { request in try! withSlice(jwt) { slice throws(SatchelError) in satchel_token_give(request, slice) } }
    }

    func refuse(_ error: SatchelError) {
        answer { request in
            try! withSlice(error.message) { slice throws(SatchelError) in satchel_token_refuse(request, error.code.native, slice) }
        }
    }
}

/// A satchel_http_request.
final class HTTPExchange: Answerable, @unchecked Sendable {
    func respond(_ response: HTTPResponse) {
        let arena = Arena()
        let headers = response.headers.map { satchel_header(name: arena.slice($0.name), value: arena.slice($0.value)) }
        let body = arena.slice(response.body)
        answer { request in
            headers.withUnsafeBufferPointer {
                satchel_http_respond(request, Int32(clamping: response.status), $0.baseAddress, $0.count, body)
            }
        }
        withExtendedLifetime(arena) {}
    }

    func fail(_ error: SatchelError) {
        answer { request in
            try! withSlice(error.message) { slice throws(SatchelError) in satchel_http_fail(request, error.code.native, slice) }
        }
    }

    func progress(_ sent: Int64, _ toSend: Int64, _ received: Int64, _ toReceive: Int64) {
        func bytes(_ count: Int64) -> UInt64 { UInt64(clamping: count) }
        tell { satchel_http_progress($0, bytes(sent), bytes(toSend), bytes(received), bytes(toReceive)) }
    }
}
