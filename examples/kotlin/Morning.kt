// A link worker's morning on the command line: the whole of an app but its screens.
//
//   morning visits                     today's, the next one first
//   morning watch                      the same, again whenever something about them changes, until Ctrl-C
//   morning note VISIT WORDS           what was said there
//   morning plan VISIT GOAL ACTION     what was agreed
//   morning status                     is everything at base?
//   morning inbox                      where several people wrote, and a person should decide
//
// SATCHEL_STORE (file), SATCHEL_SCHEMA (file), SATCHEL_WORKER; SATCHEL_SERVER (https://...), SATCHEL_CA_FILE and
// SATCHEL_TOKEN_FILE to sync. Each command works without signal, and sends and fetches what it can when there is one.
package org.satchel.example

import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import org.satchel.Change
import org.satchel.Query
import org.satchel.Record
import org.satchel.Satchel
import org.satchel.SatchelException
import org.satchel.SatchelOptions
import org.satchel.UrlConnectionTransport
import org.satchel.atLeast
import org.satchel.lessThan
import java.io.File
import java.io.PrintStream
import java.time.LocalDate

fun main(arguments: Array<String>) = runBlocking {
    try {
        openStore(System.getenv()).use { Morning(it, System.out).run(arguments.toList()) }
    } catch (failure: SatchelException) {
        System.err.println(failure.message)
    }
}

suspend fun openStore(settings: Map<String, String>): Satchel {
    val server = settings["SATCHEL_SERVER"]
    return Satchel.open(
        SatchelOptions(
            path = settings.getValue("SATCHEL_STORE"),
            schema = File(settings.getValue("SATCHEL_SCHEMA")).readText(),
            organisation = "north",
            worker = settings.getValue("SATCHEL_WORKER"),
            http = server?.let {
                UrlConnectionTransport(it, UrlConnectionTransport.trusting(File(settings.getValue("SATCHEL_CA_FILE")).readText()))
            },
            tokens = server?.let { { File(settings.getValue("SATCHEL_TOKEN_FILE")).readText().trim() } },
        ),
    )
}

class Morning(private val store: Satchel, private val out: PrintStream, private val today: LocalDate = LocalDate.now()) {
    suspend fun run(words: List<String>) {
        when (words.firstOrNull()) {
            "visits" -> { sync(); show(store.query(ofToday).records) }
            "watch" -> { store.startWatching(); store.follow(ofToday).collect { show(it.records) } }
            "note" -> { note(words[1], words[2]); sync() }
            "plan" -> { plan(words[1], words[2], words[3]); sync() }
            "status" -> { sync(); status() }
            "inbox" -> { sync(); inbox() }
            else -> out.println("morning visits | watch | note VISIT WORDS | plan VISIT GOAL ACTION | status | inbox")
        }
    }

    private val ofToday = Query(
        "encounter",
        listOf("start" atLeast "${today}T00:00:00Z", "start" lessThan "${today.plusDays(1)}T00:00:00Z"),
        orderBy = "start",
    )

    private suspend fun show(visits: List<Record>) {
        for (visit in visits) {
            val time = visit.text("start")!!.substring(11, 16)
            out.println("$time  ${nameIn(visit.scope)}  ${visit.text("outcome") ?: "planned"}  ${visit.id}")
        }
    }

    private suspend fun note(visit: String, words: String) {
        val read = store.read("encounter", visit) ?: return out.println("There is no such visit.")
        store.transact(shown = read.token) {
            create("visit_note", "encounter" to read.record.reference, "body" to words, scope = read.record.scope)
            if (read.record.text("outcome") != "happened") record(read.record).set("outcome", "happened")
        }
        out.println("Noted.")
    }

    private suspend fun plan(visit: String, goal: String, action: String) {
        val scope = store.read("encounter", visit)?.record?.scope ?: return out.println("There is no such visit.")
        lateinit var plan: Change
        val receipt = store.transact { plan = create("plan", "status" to "agreed", scope = scope) }
        store.transact {
            create("goal", "plan" to receipt.reference(plan), "words" to goal, "status" to "active", scope = scope)
            create("action", "what" to "||$action", "who" to "me", "status" to "planned", scope = scope)
        }
        out.println("Agreed with ${nameIn(scope)}: $goal")
    }

    private fun status() {
        val status = store.blocking.status()
        out.println(status.words)
        for (detail in status.details) out.println("  ${detail.words}")
    }

    private suspend fun inbox() {
        for (conflict in store.conflicts().list.filter { it.decide }) {
            out.println("${nameIn(conflict.scope)}, ${conflict.field ?: conflict.collection}: ${conflict.words}")
            for (side in conflict.standing + conflict.others) out.println("  ${side.by}: ${side.text}")
        }
    }

    private suspend fun nameIn(scope: String): String {
        val person: Record? = store.query(Query("person", scope = scope, limit = 1)).records.firstOrNull()
        return person?.text("preferred_name") ?: person?.text("legal_name") ?: "somebody"
    }

    /** No signal is no failure: what was written waits on the tablet, and the status says so. */
    private suspend fun sync() {
        try {
            withTimeoutOrNull(10_000) { store.sync() }
        } catch (failure: SatchelException) {
            if (!failure.retryable) out.println(failure.message)
        }
    }
}
