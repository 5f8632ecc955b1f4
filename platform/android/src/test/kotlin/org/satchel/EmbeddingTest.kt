package org.satchel

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.satchel.care.Encounter
import org.satchel.support.Centre
import org.satchel.support.Folder
import org.satchel.support.change
import org.satchel.support.domainSchema
import org.satchel.support.note
import org.satchel.support.noteOptions
import org.satchel.support.sourceRoot
import org.satchel.support.withStore
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream

// ---- the pieces of code of docs/EMBEDDING.md; tests/embedding compares them with the page

suspend fun saveForm(store: Satchel, read: Read, title: String) {
    store.transact(shown = read.token) {
        record(read.record).set("title", title)
    }
}

suspend fun saveOrTell(store: Satchel, id: String, title: String, tell: (String, String) -> Unit) {
    try {
        store.transact { record("note", id).set("title", title) }
    } catch (failure: SatchelException) {
        when (failure.code) {
            SatchelCode.INVALID, SatchelCode.LIMIT, SatchelCode.PERMISSION -> tell(failure.place, failure.message!!)
            else -> throw failure
        }
    }
}

fun notes(store: Satchel): Flow<List<Record>> =
    store.follow("note").map { it.records }

suspend fun find(store: Satchel, typed: String): List<String> =
    store.search(typed).hits.map { hit -> hit.snippet.joinToString("") { if (it.isHit) "[${it.text}]" else it.text } }

suspend fun openOrRescue(options: SatchelOptions): Satchel = try {
    Satchel.open(options)
} catch (failure: SatchelException) {
    if (failure.code != SatchelCode.CORRUPT) throw failure
    Satchel.rescue(options)
    Satchel.open(options)
}

suspend fun leaveScreen(store: Satchel, remind: (String) -> Unit) {
    val background = store.enterBackground(withinMillis = 2_000)
    if (background.left.unsent > 0) remind(background.left.words)
}

suspend fun backgroundTask(store: Satchel, again: () -> Unit): SyncOutcome {
    val outcome = store.syncWithin(25_000) // of the 30 seconds that the system gives
    if (outcome.ended == SyncOutcome.End.OUT_OF_TIME || outcome.ended == SyncOutcome.End.OFFLINE) again()
    return outcome
}

class Session(private val folder: File, private val schema: String, private val centre: HttpTransport) {
    private var store: Satchel? = null

    suspend fun signIn(worker: String, tokens: TokenProvider): Satchel {
        signOut()
        val file = File(folder, "$worker.db") // one file for each person on this tablet
        val options = SatchelOptions(file.path, schema, "north", worker, http = centre, tokens = tokens)
        return Satchel.open(options).also { store = it }
    }

    suspend fun signOut() {
        store?.closeAndWait() // what is unsent stays in the file, and goes when this person signs in again
        store = null
    }
}

fun showVisits(store: Satchel, screen: CoroutineScope, show: (LiveList<Encounter>) -> Unit): Job {
    val visits = Query(Encounter.COLLECTION, orderBy = Encounter.Name.start)
    return screen.launch { store.follow(visits, Encounter::of).collect(show) }
}

fun showStatus(store: Satchel, screen: CoroutineScope, banner: (String) -> Unit): Job =
    screen.launch { store.status.collect { banner(it.words) } }

// ---- and what they do

class EmbeddingTest {
    @Test
    fun `the first note in Kotlin arrives at the centre`(): Unit = Folder().use { folder ->
        Centre().use { centre ->
            centre.case("Mrs Hughes", "amira")
            File(folder.path("amira.token")).writeText(centre.token("amira") + "\n")
            val out = System.out
            val said = ByteArrayOutputStream()
            System.setOut(PrintStream(said, true, "UTF-8"))
            try {
                org.satchel.example.first.main(
                    arrayOf(
                        centre.url, centre.authorityFile, folder.path("amira.token"),
                        File(sourceRoot, "schema/satchel-domain.json").path, folder.path("first.db"),
                    ),
                )
            } finally {
                System.setOut(out)
            }
            assertTrue(said.toString("UTF-8").startsWith("Met at home, kettle on. ☕\n"), said.toString("UTF-8"))
        }
    }

    @Test
    fun `a form that showed less does not count as informed of what came meanwhile`(): Unit = withStore { store ->
        runBlocking {
            val id = store.note("title" to "One")
            val read = store.read("note", id)!!
            saveForm(store, read, "Two")
            saveOrTell(store, id, "Three") { _, _ -> error("nothing to tell") }
            assertEquals("Three", store.read("note", id)!!.record.text("title"))
            val told = ArrayList<String>()
            saveOrTell(store, id, "x".repeat(2 shl 20)) { place, words -> told += listOf(place, words) }
            assertEquals(2, told.size)
        }
    }

    @Test
    fun `what is found shows where it stands`(): Unit = withStore { store ->
        store.note("title" to "Côr", "body" to "Mae'n canu yn Llŷr. 🎶")
        runBlocking {
            assertEquals(listOf("Mae'n [canu] yn [Llŷr]. 🎶"), find(store, "llyr CANU"))
            assertEquals(emptyList<String>(), find(store, "llyr garden"))
        }
    }

    @Test
    fun `leaving the screen says what is left, and a task without a network comes again`(): Unit = Folder().use { folder ->
        val options = SatchelOptions(
            folder.path("a.db"), org.satchel.support.noteSchema, "north", "anna",
            http = { throw java.net.ConnectException("no network") }, tokens = { "a.b.c" },
        )
        Satchel.openBlocking(options).use { store ->
            runBlocking {
                leaveScreen(store) { error("nothing is left") }
                store.note("title" to "One")
                val said = ArrayList<String>()
                leaveScreen(store) { said += it }
                assertTrue(said.single().startsWith("1 item not yet at base"), said.single())
                var times = 0
                assertEquals(SyncOutcome.End.OFFLINE, backgroundTask(store) { ++times }.ended)
                assertEquals(1, times)
            }
        }
    }

    @Test
    fun `a list shows what was committed`(): Unit = withStore { store ->
        runBlocking(Dispatchers.Default) {
            val two = async(start = CoroutineStart.UNDISPATCHED) { notes(store).first { it.size == 2 } }
            repeat(2) { store.note("title" to "Note $it") }
            assertEquals(2, two.await().size)
            val said = kotlinx.coroutines.CompletableDeferred<String>()
            val banner = showStatus(store, this) { said.complete(it) }
            assertTrue(said.await().isNotEmpty())
            banner.cancel()
        }
    }

    @Test
    fun `visits are shown as their type, in order`(): Unit = Folder().use { folder ->
        Centre().use { centre ->
            val case = centre.case("Mrs Hughes", "amira")
            val http = UrlConnectionTransport(centre.url, centre.trust)
            val options = SatchelOptions(
                folder.path("a.db"), domainSchema, "north", "amira", http = http, tokens = { centre.token("amira") },
            )
            Satchel.openBlocking(options).use { store ->
                runBlocking(Dispatchers.Default) {
                    val days = Channel<List<Int?>>(Channel.UNLIMITED)
                    val showing = showVisits(store, this) { now -> days.trySend(now.records.map { it.start?.dayOfMonth }) }
                    assertEquals(emptyList<Int?>(), days.receive())
                    store.sync()
                    store.transact {
                        for (day in listOf("10", "09")) create("encounter", "start" to "2026-03-${day}T10:30:00Z", scope = case)
                    }
                    assertEquals(listOf<Int?>(9, 10), days.receive())
                    showing.cancel()
                }
            }
        }
    }

    @Test
    fun `a damaged store is rescued when it is opened`(): Unit = Folder().use { folder ->
        runBlocking {
            val path = folder.path("a.db")
            openOrRescue(noteOptions(path)).close()
            File(path).writeBytes(ByteArray(8192) { 7 })
            for (beside in listOf("-wal", "-shm")) File(path + beside).delete()
            openOrRescue(noteOptions(path)).use { it.note("title" to "One") }
        }
    }

    @Test
    fun `people share a tablet, each with a file of their own`(): Unit = Folder().use { folder ->
        runBlocking {
            val session = Session(folder.file, org.satchel.support.noteSchema, UrlConnectionTransport("https://127.0.0.1:1"))
            val id = session.signIn("anna") { "" }.note("title" to "Anna's")
            val beth = session.signIn("beth") { "" }
            assertEquals(null, beth.read("note", id))
            val anna = session.signIn("anna") { "" }
            assertEquals("Anna's", anna.read("note", id)!!.record.text("title"))
            assertEquals(1, anna.blocking.status().unsent)
            anna.change(id) { set("title", "Still Anna's") }
            session.signOut()
        }
    }
}
