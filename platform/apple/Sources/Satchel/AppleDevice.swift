// What only an Apple device has: its Keychain, its network, its scheduler, its backups, its log. The one file of the package
// that imports what Linux does not have; everything in it goes in through what Host.swift names.
#if canImport(Security) && canImport(Network) && canImport(os)
import Foundation
import Network
import Security
import os

#if canImport(BackgroundTasks)
import BackgroundTasks
#endif

/// Secrets of stores as items of the Keychain that no backup and no transfer to another device carries.
public struct KeychainSecrets: SecretKeeper {
    private let service: String
    private let accessGroup: String?

    /// `accessGroup`: shared with extensions of the app that open the same store.
    public init(service: String = "org.satchel.secrets", accessGroup: String? = nil) {
        self.service = service
        self.accessGroup = accessGroup
    }

    public func get(_ name: String) throws -> Data? {
        var query = item(name)
        query[kSecReturnData] = true
        var found: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &found)
        if status == errSecItemNotFound { return nil }
        try succeed(status)
        return found as? Data
    }

    public func put(_ name: String, _ secret: Data) throws {
        let value: [CFString: Any] = [
            kSecValueData: secret, kSecAttrAccessible: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly,
        ]
        let status = SecItemUpdate(item(name) as CFDictionary, value as CFDictionary)
        if status != errSecItemNotFound { return try succeed(status) }
        try succeed(SecItemAdd(item(name).merging(value) { $1 } as CFDictionary, nil))
    }

    public func remove(_ name: String) throws {
        let status = SecItemDelete(item(name) as CFDictionary)
        if status != errSecItemNotFound { try succeed(status) }
    }

    private func item(_ name: String) -> [CFString: Any] {
        var item: [CFString: Any] = [
            kSecClass: kSecClassGenericPassword, kSecAttrService: service, kSecAttrAccount: name,
            kSecAttrSynchronizable: false, kSecUseDataProtectionKeychain: true,
        ]
        item[kSecAttrAccessGroup] = accessGroup
        return item
    }

    private func succeed(_ status: OSStatus) throws {
        switch status {
        case errSecSuccess: return
        case errSecInteractionNotAllowed: throw SatchelError(.busy, "The device is locked.", isRetryable: true)
        default: throw SatchelError(.io, "The device's keychain does not answer (\(status)).", isRetryable: true)
        }
    }
}

/// Is there a network? `DeviceNetwork()` once for an app: `isOnline` for `SatchelOptions.connectivity`, and `tell` in a task for
/// as long as the store is open.
public final class DeviceNetwork: Sendable {
    private let monitor = NWPathMonitor()

    public init() { monitor.start(queue: DispatchQueue(label: "satchel.network")) }

    deinit { monitor.cancel() }

    public var isOnline: Bool { monitor.currentPath.status == .satisfied }

    /// Tells the store when the network comes and goes, until its task is cancelled or the store closed.
    public func tell(_ store: SatchelStore) async {
        let paths = AsyncStream<Bool>(bufferingPolicy: .bufferingNewest(1)) { told in
            let monitor = NWPathMonitor()
            monitor.pathUpdateHandler = { told.yield($0.status == .satisfied) }
            told.onTermination = { _ in monitor.cancel() }
            monitor.start(queue: DispatchQueue(label: "satchel.network.changes"))
        }
        for await online in paths {
            do { try await store.networkChanged(online: online) } catch { return }
        }
    }
}

extension SatchelStore {
    /// For the folder that the store lies in, before it is opened: in no backup, and its files readable from the first unlock
    /// after a start on, so that a background task can open them. With a `key` this is the second lock.
    public static func protect(folder: URL) throws {
        var folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #if !os(macOS)
        try FileManager.default.setAttributes(
            [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication], ofItemAtPath: folder.path)
        #endif
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try folder.setResourceValues(values)
    }
}

#if !os(macOS)
extension SatchelStore {
    /// When the app leaves the screen (`scenePhase` is `.background`): `enterBackground`, in time that the system is asked for, which
    /// an extension may ask for as well. Returns at once. `told` hears what it came to, on a thread of the system's; not when the
    /// store was closed meanwhile, nor when there is no time left: then what is committed is in the file, and no more was done.
    public func leaveScreen(within time: Duration = .seconds(5), _ told: @escaping @Sendable (Background) -> Void = { _ in }) {
        let blocking = blocking
        ProcessInfo.processInfo.performExpiringActivity(withReason: "satchel.background") { isExpired in
            // Called again, from another thread, when the time ends before this returns.
            if isExpired { return }
            if let background = try? blocking.enterBackground(within: time) { told(background) }
        }
    }
}
#endif

#if canImport(BackgroundTasks) && !os(macOS)
/// One sync in the background now and then. `identifier` stands in Info.plist below BGTaskSchedulerPermittedIdentifiers.
public enum BackgroundSync {
    /// Before the app has finished launching. `store`: the app's open store, opened for the occasion if need be; nil: nobody is
    /// signed in. The system gives such a task half a minute, and may end it sooner by cancelling: what was sent stays sent.
    public static func register(
        _ identifier: String, every interval: TimeInterval = 15 * 60, within time: Duration = .seconds(25),
        _ store: @escaping @Sendable () async throws -> SatchelStore?
    ) {
        BGTaskScheduler.shared.register(forTaskWithIdentifier: identifier, using: nil) { task in
            schedule(identifier, every: interval)
            let handed = Handed(task: task)
            let syncing = Task {
                do {
                    let outcome = try await store()?.sync(within: time)
                    handed.task.setTaskCompleted(success: outcome.map { $0.ended == .finished } ?? true)
                } catch {
                    handed.task.setTaskCompleted(success: false)
                }
            }
            task.expirationHandler = { syncing.cancel() }
        }
    }

    /// When the app goes to the background.
    public static func schedule(_ identifier: String, every interval: TimeInterval = 15 * 60) {
        let request = BGAppRefreshTaskRequest(identifier: identifier)
        request.earliestBeginDate = Date(timeIntervalSinceNow: interval)
        try? BGTaskScheduler.shared.submit(request)
    }

    // Completed once, by the task that it was handed to.
    private struct Handed: @unchecked Sendable { let task: BGTask }
}
#endif

/// Log lines into the device's log: events and numbers, nothing personal is among them.
public func deviceLog(subsystem: String) -> Satchel.Logger {
    let log = os.Logger(subsystem: subsystem, category: "satchel")
    return { level, event, fields in
        let type: OSLogType =
            switch level {
            case .debug: .debug
            case .info: .info
            case .warning: .default
            case .error: .error
            }
        log.log(level: type, "\(event, privacy: .public) \(fields, privacy: .public)")
    }
}
#endif
