package org.satchel.support

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonPrimitive
import org.satchel.UrlConnectionTransport
import org.satchel.valueOf
import java.io.File
import java.nio.file.Files
import java.util.concurrent.TimeUnit
import javax.net.ssl.SSLSocketFactory

/** The real central store over HTTPS, as a process beside the test: tests/centre_program says what it can be told. */
class Centre(wallMillis: Long? = null) : AutoCloseable {
    private val directory = Files.createTempDirectory("satchel-centre").toFile()
    private val process = ProcessBuilder(System.getProperty("satchel.centre"), directory.path)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()
    private val input = process.outputStream.bufferedWriter()
    private val output = process.inputStream.bufferedReader()
    private lateinit var started: JsonObject

    init {
        fresh(wallMillis)
    }

    val url: String get() = "https://localhost:${started.getValue("port").jsonPrimitive.content}"
    val authorityFile: String get() = started.getValue("authority").jsonPrimitive.content

    /** Trusts this centre. One for all tablets: they share connections, as far as the centre lives. */
    val trust: SSLSocketFactory by lazy { UrlConnectionTransport.trusting(File(authorityFile).readText()) }

    /** A new, empty centre. */
    fun fresh(wallMillis: Long? = null) {
        started = tell("fresh", *(if (wallMillis == null) arrayOf() else arrayOf("wall_ms" to wallMillis)))
    }

    @Synchronized
    fun tell(what: String, vararg about: Pair<String, Any?>): JsonObject {
        val command = valueOf(mapOf("do" to what) + about)
        input.write("$command\n")
        input.flush()
        val line = output.readLine() ?: error("the centre ended at $command")
        val answer = Json.parseToJsonElement(line) as JsonObject
        answer["error"]?.let { error("$command: ${it.jsonPrimitive.content}") }
        return answer
    }

    fun token(worker: String): String = tell("token", "worker" to worker).getValue("token").jsonPrimitive.content

    /** A new case for these workers: its scope. */
    fun case(label: String, vararg workers: String): String {
        val scope = scopeOf(tell("grants", "worker" to workers[0], "kind" to "case", "label" to label))
        for (worker in workers.drop(1)) tell("grants", "worker" to worker, "scope" to scope, "label" to label)
        return scope
    }

    override fun close() {
        input.close()
        if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
        directory.deleteRecursively()
    }

    companion object {
        fun scopeOf(answer: JsonObject): String = (answer.getValue("scope") as JsonPrimitive).content
    }
}

val JsonElement.plain: String get() = (this as JsonPrimitive).content
