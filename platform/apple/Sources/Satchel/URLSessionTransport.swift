import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// `HTTPTransport` by the platform's own URLSession: its proxies, its certificates, what the app's Info.plist says about both.
/// Keys are pinned there (NSPinnedDomains).
public final class URLSessionTransport: HTTPTransport {
    private let baseURL: String
    private let session: URLSession

    /// `baseURL`: "https://host:port" of the central store.
    public init(_ baseURL: String, configuration: URLSessionConfiguration = .ephemeral) {
        precondition(baseURL.hasPrefix("https://"), "The central store is reached by https:// only.")
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        session = URLSession(configuration: configuration, delegate: NoRedirects(), delegateQueue: nil)
        #if !canImport(Darwin)
        // Foundation on Linux ends the process when a session goes that has connections over TLS (swift-corelibs-foundation 5203).
        _ = Unmanaged.passRetained(session)
        #endif
    }

    deinit { session.finishTasksAndInvalidate() }

    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let url = URL(string: baseURL + request.path) else {
            throw SatchelError(.invalid, "This is no address of a central store.", place: "base_url")
        }
        let seconds = Double(request.timeout.components.seconds) + Double(request.timeout.components.attoseconds) * 1e-18
        var asked = URLRequest(url: url, timeoutInterval: max(seconds, 0.001))
        asked.httpMethod = request.method
        asked.httpBody = request.body
        for header in request.headers { asked.setValue(header.value, forHTTPHeaderField: header.name) }
        let exchange = Exchange(session, asked)
        return try await withTaskCancellationHandler { try await exchange.answer() } onCancel: { exchange.cancel() }
    }

    private final class NoRedirects: NSObject, URLSessionTaskDelegate {
        func urlSession(
            _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
            newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
        ) {
            completionHandler(nil)
        }
    }

    // One task of the session, made and cancelled from any thread.
    private final class Exchange: @unchecked Sendable {
        private let lock = NSLock()
        private let session: URLSession
        private let request: URLRequest
        private var task: URLSessionTask?
        private var cancelled = false

        init(_ session: URLSession, _ request: URLRequest) {
            self.session = session
            self.request = request
        }

        func answer() async throws -> HTTPResponse {
            try await withCheckedThrowingContinuation { asking in
                let task = session.dataTask(with: request) { body, response, error in
                    if let response = response as? HTTPURLResponse {
                        asking.resume(returning: Self.answer(response, body ?? Data()))
                    } else {
                        asking.resume(throwing: Self.failure(error))
                    }
                }
                lock.withLock {
                    self.task = task
                    task.resume()
                    if cancelled { task.cancel() }
                }
            }
        }

        func cancel() {
            lock.withLock {
                cancelled = true
                task?.cancel()
            }
        }

        private static func answer(_ response: HTTPURLResponse, _ body: Data) -> HTTPResponse {
            var headers = response.allHeaderFields.map { HTTPHeader("\($0.key)", "\($0.value)") }
            // Foundation on Linux has unpacked it, and left the header as it was. What is packed begins with these bytes, and no
            // message of sync.proto does: in one they would be a field of 32 bits, which none has.
            if !body.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
                headers.removeAll { $0.name.lowercased() == "content-encoding" && $0.value.lowercased() == "zstd" }
            }
            return HTTPResponse(status: response.statusCode, headers: headers, body: body)
        }

        private static func failure(_ error: (any Error)?) -> any Error {
            guard let error = error as? URLError else {
                return SatchelError(.network, "The central store was not reached.", isRetryable: true)
            }
            switch error.code {
            case .cancelled:
                return CancellationError()
            case .timedOut:
                return SatchelError(.timeout, "The central store did not answer in time.", isRetryable: true)
            case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate, .serverCertificateNotYetValid,
                .serverCertificateHasUnknownRoot, .clientCertificateRejected:
                return SatchelError(.certificate, "No safe connection: \(error.localizedDescription)")
            default:
                return SatchelError(
                    .network, "The central store was not reached: \(error.localizedDescription)", isRetryable: true)
            }
        }
    }
}
