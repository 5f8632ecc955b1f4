// What only an Android device has: its Keystore, its network, its scheduler, its log. The one file of the library that
// imports android.* and androidx.*; everything in it goes in through the interfaces of Host.kt.
package org.satchel.android

import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import android.util.AtomicFile
import android.util.Log
import androidx.work.Constraints
import androidx.work.CoroutineWorker
import androidx.work.ExistingPeriodicWorkPolicy
import androidx.work.NetworkType
import androidx.work.PeriodicWorkRequest
import androidx.work.WorkManager
import androidx.work.WorkerParameters
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.launch
import org.satchel.Connectivity
import org.satchel.LogLevel
import org.satchel.Logger
import org.satchel.Satchel
import org.satchel.SatchelCode
import org.satchel.SatchelException
import org.satchel.SyncOutcome
import org.satchel.SecretKeeper
import java.io.File
import java.io.FileNotFoundException
import java.security.GeneralSecurityException
import java.security.KeyStore
import java.util.concurrent.TimeUnit
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/**
 * Secrets of stores, each encrypted by a key that never leaves this device's Keystore, in a folder that no backup and no
 * transfer to another device carries.
 */
public class KeystoreSecrets(context: Context) : SecretKeeper {
    private val folder = File(context.noBackupFilesDir, "satchel-secrets")

    override fun get(name: String): ByteArray? {
        val sealed = try {
            AtomicFile(File(folder, name)).readFully()
        } catch (_: FileNotFoundException) {
            return null
        }
        return try {
            val cipher = Cipher.getInstance(CIPHER)
            cipher.init(Cipher.DECRYPT_MODE, key(), GCMParameterSpec(TAG_BITS, sealed, 0, NONCE_BYTES))
            cipher.doFinal(sealed, NONCE_BYTES, sealed.size - NONCE_BYTES)
        } catch (_: AEADBadTagException) {
            null // sealed by a key that is gone: nobody has the secret any more
        } catch (failure: GeneralSecurityException) {
            throw SatchelException(SatchelCode.IO, "The device's keystore does not answer.", retryable = true, cause = failure)
        }
    }

    override fun put(name: String, secret: ByteArray) {
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.ENCRYPT_MODE, key())
        val sealed = cipher.iv + cipher.doFinal(secret)
        folder.mkdirs()
        val file = AtomicFile(File(folder, name))
        val out = file.startWrite()
        try {
            out.write(sealed)
            file.finishWrite(out) // on the disk before it is renamed
        } catch (failure: Exception) {
            file.failWrite(out)
            throw failure
        }
    }

    override fun remove(name: String) {
        AtomicFile(File(folder, name)).delete()
    }

    private fun key(): SecretKey {
        val store = KeyStore.getInstance(PROVIDER).apply { load(null, null) }
        (store.getKey(ALIAS, null) as? SecretKey)?.let { return it }
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val wish = KeyGenParameterSpec.Builder(ALIAS, purposes)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(256)
            .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).apply { init(wish) }.generateKey()
    }

    private companion object {
        const val PROVIDER = "AndroidKeyStore"
        const val ALIAS = "satchel.secrets"
        const val CIPHER = "AES/GCM/NoPadding"
        const val NONCE_BYTES = 12
        const val TAG_BITS = 128
    }
}

/** Whether the device has a network, from ConnectivityManager; needs the permission ACCESS_NETWORK_STATE. */
public class DeviceNetwork(context: Context) : Connectivity {
    private val manager = context.getSystemService(ConnectivityManager::class.java)

    override fun online(): Boolean =
        manager.getNetworkCapabilities(manager.activeNetwork)?.hasCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET) == true

    /** Tells [store] when the network comes and goes, until what is returned is closed. */
    public fun tell(store: Satchel, scope: CoroutineScope): AutoCloseable {
        val callback = object : ConnectivityManager.NetworkCallback() {
            override fun onAvailable(network: Network) = changed(true)

            override fun onLost(network: Network) = changed(false)

            private fun changed(online: Boolean) {
                // Off the system's thread. A store that was closed meanwhile has nothing to be told.
                scope.launch { runCatching { store.networkChanged(online) } }
            }
        }
        manager.registerDefaultNetworkCallback(callback)
        return AutoCloseable { manager.unregisterNetworkCallback(callback) }
    }
}

/** Satchel's log lines into the device's; there is never personal data in them. */
public class DeviceLog(private val tag: String = "satchel") : Logger {
    override fun log(level: LogLevel, event: String, fields: String) {
        val priority = when (level) {
            LogLevel.DEBUG -> Log.DEBUG
            LogLevel.INFO -> Log.INFO
            LogLevel.WARNING -> Log.WARN
            LogLevel.ERROR -> Log.ERROR
        }
        Log.println(priority, tag, "$event $fields")
    }
}

/** A sync now and then while the app is in the background, when there is a network: subclass it and say which store. */
public abstract class SyncWorker(context: Context, parameters: WorkerParameters) : CoroutineWorker(context, parameters) {
    /** The app's open store, opened for the occasion if need be; null: nobody is signed in. */
    protected abstract suspend fun store(): Satchel?

    /** The system stops a worker by cancelling it, too: the sync stops, and what was sent stays sent. */
    final override suspend fun doWork(): Result {
        try {
            val outcome = (store() ?: return Result.success()).syncWithin(WITHIN_MILLIS)
            return when (outcome.ended) {
                SyncOutcome.End.FINISHED -> Result.success()
                SyncOutcome.End.OUT_OF_TIME, SyncOutcome.End.OFFLINE -> Result.retry()
                SyncOutcome.End.NEEDS_SIGN_IN -> Result.failure()
                SyncOutcome.End.FAILED -> if (outcome.error?.retryable == true) Result.retry() else Result.failure()
            }
        } catch (failure: SatchelException) {
            return if (failure.retryable) Result.retry() else Result.failure()
        }
    }

    public companion object {
        /** The system gives a worker ten minutes. */
        private const val WITHIN_MILLIS = 9 * 60_000L

        /** The system's own least distance is 15 minutes. */
        public fun <Worker : SyncWorker> schedule(context: Context, worker: Class<Worker>, everyMinutes: Long = 15) {
            val connected = Constraints.Builder().setRequiredNetworkType(NetworkType.CONNECTED).build()
            val request = PeriodicWorkRequest.Builder(worker, everyMinutes, TimeUnit.MINUTES).setConstraints(connected).build()
            WorkManager.getInstance(context)
                .enqueueUniquePeriodicWork("satchel-sync", ExistingPeriodicWorkPolicy.UPDATE, request)
        }
    }
}
