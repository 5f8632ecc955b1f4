/// Where sync stands: what an app can show.
public struct SyncStatus: Hashable, Sendable {
    public enum Phase: String, Hashable, Sendable {
        case stopped, idle
        case signingIn = "signing_in"
        case syncing, connected
        case waitingToRetry = "waiting_to_retry"
        case offline
        case needsSignIn = "needs_sign_in"
        case blocked
        /// One that a newer library knows: `words` say it.
        case other
    }

    /// A line to show below `words`, about what an app has a page for: `what` is "to_decide", "set_aside" ...
    public struct Detail: Hashable, Sendable, Codable {
        public let what: String
        public let words: String
    }

    /// Bytes of the request under way; 0 where unknown.
    public struct Progress: Hashable, Sendable, Codable {
        public let sent: Int64
        public let toSend: Int64
        public let received: Int64
        public let toReceive: Int64

        private enum CodingKeys: String, CodingKey {
            case sent, received
            case toSend = "to_send"
            case toReceive = "to_receive"
        }
    }

    public let phase: Phase
    /// One or two short sentences that an app can show as they are, in `SatchelOptions.language`.
    public let words: String
    public let details: [Detail]
    /// How many transactions are not yet at base, and since when (ISO 8601; nil: none).
    public let unsent: Int64
    public let oldestUnsent: String?
    public let setAside: Int64
    public let toDecide: Int64
    public let toKnow: Int64
    public let lastSync: String?
    /// Do not wipe a device while this is not 0.
    public let sealed: Int64
    /// Something that works but needs somebody's attention.
    public let notice: String?
    public let lastError: SatchelError?
    public let retryInMilliseconds: Int64?
    public let progress: Progress?
}

extension SyncStatus: Decodable {
    private enum CodingKeys: String, CodingKey {
        case phase, words, details, unsent, sealed, notice, progress
        case oldestUnsent = "oldest_unsent"
        case setAside = "set_aside"
        case toDecide = "to_decide"
        case toKnow = "to_know"
        case lastSync = "last_sync"
        case lastError = "last_error"
        case retryIn = "retry_in_ms"
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        phase = Phase(rawValue: try members.decode(String.self, forKey: .phase)) ?? .other
        words = try members.decode(String.self, forKey: .words)
        details = try members.decodeIfPresent([Detail].self, forKey: .details) ?? []
        unsent = try members.decode(Int64.self, forKey: .unsent)
        oldestUnsent = try members.decodeIfPresent(String.self, forKey: .oldestUnsent)
        setAside = try members.decodeIfPresent(Int64.self, forKey: .setAside) ?? 0
        toDecide = try members.decodeIfPresent(Int64.self, forKey: .toDecide) ?? 0
        toKnow = try members.decodeIfPresent(Int64.self, forKey: .toKnow) ?? 0
        lastSync = try members.decodeIfPresent(String.self, forKey: .lastSync)
        sealed = try members.decodeIfPresent(Int64.self, forKey: .sealed) ?? 0
        notice = try members.decodeIfPresent(String.self, forKey: .notice)
        lastError = try members.decodeIfPresent(ToldError.self, forKey: .lastError)?.error
        retryInMilliseconds = try members.decodeIfPresent(Int64.self, forKey: .retryIn)
        progress = try members.decodeIfPresent(Progress.self, forKey: .progress)
    }
}

extension SyncStatus: CustomStringConvertible {
    public var description: String { "SyncStatus(\(phase), unsent=\(unsent))" }
}
