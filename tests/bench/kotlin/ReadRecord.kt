// What reading one record costs more from Kotlin than from C: ./run bench kotlin. Both read the same store, turn about.
package org.satchel.bench

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import org.satchel.Durability
import org.satchel.Satchel
import org.satchel.SatchelOptions
import java.io.File
import java.lang.management.ManagementFactory
import java.nio.file.Files

private const val SCHEMA = """{"version": 1, "scopes": {"self": {"opened_by": ["writer"]}}, "collections": {"note": {
  "scopes": ["self"], "fields": {
    "title": {"kind": "register", "type": "text", "indexed": true},
    "body": {"kind": "text", "type": "text"},
    "pinned": {"kind": "register", "type": "boolean"},
    "tags": {"kind": "set", "type": "text"}
  }}}}"""

/** The program of the benches, which reads in C when it is told to. */
private class ReadingInC(bench: String, store: String, ids: File) : AutoCloseable {
    private val process = ProcessBuilder(bench, "child-read", "--store", store, "--collection", "note", "--records", ids.path)
        .redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val answers = process.inputReader()
    private val orders = process.outputWriter()

    fun nanos(): Double {
        orders.write("go\n")
        orders.flush()
        return checkNotNull(answers.readLine()) { "the program in C has ended" }.toDouble()
    }

    override fun close() {
        orders.close()
        process.waitFor()
    }
}

private val threads = ManagementFactory.getThreadMXBean()

/** Of this thread on a processor: others on the machine do not count. */
private fun nanosOf(ids: List<String>, read: (String) -> Unit): Double {
    val begun = threads.currentThreadCpuTime
    ids.forEach(read)
    return (threads.currentThreadCpuTime - begun).toDouble() / ids.size
}

private class Figure(val what: String, val kotlin: Double, val c: Double? = null)

private fun measure(bench: String, folder: File, notes: Int, rounds: Int, warmUp: Int): List<Figure> {
    val path = File(folder, "notes.db").path
    Satchel.openBlocking(SatchelOptions(path, SCHEMA, "bench", "amina", durability = Durability.GROUPED)).use { store ->
        val words = "Met at home, kettle on. Wants to sing again; the bus stops at the hall. ".repeat(14)
        store.blocking.transact {
            open("self")
            create("note")
        }
        val self = store.blocking.scopes().single().id
        val ids = List(notes) { number ->
            store.blocking.transact {
                create("note", "title" to "Note $number", "body" to words, "pinned" to (number % 3 == 0), scope = self)
            }.records[0]
        }
        val list = File(folder, "ids").apply { writeText(ids.joinToString("\n", postfix = "\n")) }
        val read = { id: String -> check(store.blocking.read("note", id)!!.record.id == id) }
        val readAll = { id: String -> check(store.blocking.read("note", id)!!.record.text("body") == words) }
        val json = store.blocking.read("note", ids.first())!!.record.json.toString()
        val parse = { _: String -> check(Json.parseToJsonElement(json) is JsonObject) }
        repeat(warmUp) { for (each in listOf(read, readAll, parse)) nanosOf(ids, each) }
        ReadingInC(bench, path, list).use { inC ->
            inC.nanos()
            val kotlin = ArrayList<Double>()
            val fields = ArrayList<Double>()
            val parsing = ArrayList<Double>()
            val c = ArrayList<Double>()
            repeat(rounds) {
                kotlin += nanosOf(ids, read)
                c += inC.nanos()
                fields += nanosOf(ids, readAll)
                parsing += nanosOf(ids, parse)
            }
            return listOf(
                Figure("read of a note of 1 KB", kotlin.min() / 1000, c.min() / 1000),
                Figure("- and its words as a String", fields.min() / 1000, c.min() / 1000),
                Figure("of it parsing the JSON", parsing.min() / 1000),
            )
        }
    }
}

fun main(arguments: Array<String>) {
    val bench = arguments.first()
    val small = "--small" in arguments
    val folder = Files.createTempDirectory("satchel-bench").toFile()
    val figures = try {
        if (small) measure(bench, folder, 20, 3, 1) else measure(bench, folder, 1_000, 15, 60)
    } finally {
        folder.deleteRecursively()
    }
    if ("--json" in arguments) {
        val items = figures.joinToString {
            val beside = if (it.c == null) "" else """, "baseline": ${it.c}, "more": ${it.kotlin - it.c}, "to_reach": 5"""
            """{"what": "${it.what}", "unit": "us", "value": ${it.kotlin}$beside}"""
        }
        return println("""{"title": "kotlin: reading one record", "small": $small, "figures": [$items]}""")
    }
    println("kotlin: reading one record, by BlockingSatchel on the Java virtual machine; baseline: satchel_read in C\nthe least time on a processor\n")
    for (figure in figures) {
        val line = "  %-30s %6.1f us".format(figure.what, figure.kotlin)
        val beside = figure.c?.let { "   in C %6.1f us   more %5.1f us   to reach 5 us".format(it, figure.kotlin - it) }
        println(line + beside.orEmpty())
    }
}
