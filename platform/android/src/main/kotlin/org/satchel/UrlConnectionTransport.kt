package org.satchel

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withContext
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.InputStream
import java.net.HttpURLConnection
import java.net.SocketTimeoutException
import java.net.URL
import java.security.KeyStore
import java.security.MessageDigest
import java.security.cert.Certificate
import java.security.cert.CertificateException
import java.security.cert.CertificateFactory
import java.util.Base64
import javax.net.ssl.HttpsURLConnection
import javax.net.ssl.SSLContext
import javax.net.ssl.SSLPeerUnverifiedException
import javax.net.ssl.SSLSocketFactory
import javax.net.ssl.TrustManagerFactory
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException

/**
 * [HttpTransport] by the platform's own HttpURLConnection: on Android its proxies, its certificates, the network security
 * configuration of the app; on a JVM the same of Java. One thread of [Dispatchers.IO] per request under way.
 *
 * @param baseUrl "https://host:port" of the central store
 * @param sockets what TLS trusts; null: the platform. [trusting] makes one for a PEM bundle
 * @param pins "sha256/<base64>" of public keys, current and spare: the server's own must be one of them. Empty: any that TLS
 *   trusts
 */
public class UrlConnectionTransport(
    private val baseUrl: String,
    private val sockets: SSLSocketFactory? = null,
    private val pins: List<String> = emptyList(),
) : HttpTransport {
    init {
        require(baseUrl.startsWith("https://")) { "The central store is reached by https:// only." }
        require(pins.size != 1) { "Pin at least two public keys, the current one and a spare." }
    }

    override suspend fun send(request: HttpRequest): HttpResponse = withContext(Dispatchers.IO) {
        val connection = URL(baseUrl.trimEnd('/') + request.path).openConnection() as HttpsURLConnection
        suspendCancellableCoroutine { waiting ->
            // A blocked socket knows nothing of coroutines: closing it is what ends it.
            waiting.invokeOnCancellation { connection.disconnect() }
            try {
                waiting.resume(exchange(connection, request))
            } catch (failure: Throwable) {
                waiting.resumeWithException(translate(failure))
            }
        }
    }

    private fun exchange(connection: HttpsURLConnection, request: HttpRequest): HttpResponse {
        val timeout = request.timeoutMillis.coerceIn(1, Int.MAX_VALUE.toLong()).toInt()
        connection.requestMethod = request.method
        connection.connectTimeout = timeout
        connection.readTimeout = timeout
        connection.instanceFollowRedirects = false
        connection.useCaches = false
        if (sockets != null) connection.sslSocketFactory = sockets
        for ((name, value) in request.headers) connection.setRequestProperty(name, value)
        connection.doOutput = true
        connection.setFixedLengthStreamingMode(request.body.size)
        connection.connect()
        checkPins(connection)
        connection.outputStream.use { it.write(request.body) }
        request.progress(request.body.size.toLong(), request.body.size.toLong(), 0, 0)
        val status = connection.responseCode
        val stream = if (status >= HttpURLConnection.HTTP_BAD_REQUEST) connection.errorStream else connection.inputStream
        val body = stream?.use { readAll(it, connection.contentLengthLong, request) } ?: ByteArray(0)
        return HttpResponse(status, headersOf(connection), body)
    }

    private fun readAll(stream: InputStream, length: Long, request: HttpRequest): ByteArray {
        val out = ByteArrayOutputStream()
        val buffer = ByteArray(64 shl 10)
        while (true) {
            val count = stream.read(buffer)
            if (count < 0) return out.toByteArray()
            out.write(buffer, 0, count)
            if (out.size() > ANSWER_BYTES_MOST) throw SatchelException(SatchelCode.PROTOCOL, "The answer is too large.")
            request.progress(request.body.size.toLong(), request.body.size.toLong(), out.size().toLong(), length.coerceAtLeast(0))
        }
    }

    private fun headersOf(connection: HttpsURLConnection): List<Pair<String, String>> =
        connection.headerFields.entries
            .filter { it.key != null } // the status line
            .flatMap { (name, values) -> values.map { name to it } }

    private fun checkPins(connection: HttpsURLConnection) {
        if (pins.isEmpty() || isPinned(connection.serverCertificates.toList(), pins)) return
        connection.disconnect()
        throw SatchelException(
            SatchelCode.CERTIFICATE,
            "The central store shows a certificate with another key than this app knows.",
        )
    }

    private fun translate(failure: Throwable): Throwable = when (failure) {
        is SatchelException -> failure
        is SocketTimeoutException ->
            SatchelException(SatchelCode.TIMEOUT, "The central store did not answer in time.", retryable = true, cause = failure)
        is IOException ->
            if (isAboutCertificate(failure)) {
                SatchelException(SatchelCode.CERTIFICATE, "No safe connection: ${failure.message}", cause = failure)
            } else {
                val words = "The central store was not reached: ${failure.message}"
                SatchelException(SatchelCode.NETWORK, words, retryable = true, cause = failure)
            }
        else -> failure
    }

    // A connection that breaks within TLS is an SSLException too, and passes.
    private fun isAboutCertificate(failure: Throwable): Boolean =
        generateSequence(failure) { it.cause }.any { it is SSLPeerUnverifiedException || it is CertificateException }

    public companion object {
        private const val ANSWER_BYTES_MOST = 32 shl 20 // as the transport by libcurl

        /** For a central store with an authority of its own: [pem] is a bundle of its certificates. */
        public fun trusting(pem: String): SSLSocketFactory {
            val authorities = CertificateFactory.getInstance("X.509")
                .generateCertificates(ByteArrayInputStream(pem.encodeToByteArray()))
            val trusted = KeyStore.getInstance(KeyStore.getDefaultType()).apply { load(null, null) }
            authorities.forEachIndexed { index, authority -> trusted.setCertificateEntry("authority-$index", authority) }
            val managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm())
            managers.init(trusted)
            return SSLContext.getInstance("TLS").apply { init(null, managers.trustManagers, null) }.socketFactory
        }

        /** Of [sent] the first alone: the rest is what the peer chose to send along, and proves nothing (CVE-2016-2402). */
        internal fun isPinned(sent: List<Certificate>, pins: List<String>): Boolean =
            sent.isNotEmpty() && pinOf(sent.first()) in pins

        internal fun pinOf(certificate: Certificate): String {
            val digest = MessageDigest.getInstance("SHA-256").digest(certificate.publicKey.encoded)
            return "sha256/" + Base64.getEncoder().encodeToString(digest)
        }
    }
}
