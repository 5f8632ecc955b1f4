package org.satchel

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.RepeatedTest
import org.junit.jupiter.api.Test
import org.satchel.support.Folder
import org.satchel.support.Heard
import org.satchel.support.change
import org.satchel.support.liveReferences
import org.satchel.support.note
import org.satchel.support.noteOptions
import org.satchel.support.noteSchema
import kotlin.random.Random

/** Flows of what is followed: what they emit, and that nothing of them stays behind. */
class FollowTest {
    private val byTitle = Query("note", orderBy = "title", limit = 1000)

    private fun test(work: suspend CoroutineScope.(Satchel) -> Unit) {
        Folder().use { folder ->
            Satchel.openBlocking(noteOptions(folder.path("a.db"))).use { store ->
                runBlocking(Dispatchers.Default) { withTimeout(120_000) { work(store) } }
            }
        }
        assertEquals(0, liveReferences())
    }

    /** What the native half holds while nobody follows anything but the store its own status. */
    private suspend fun held(store: Satchel): Long {
        val unsent = store.blocking.status().unsent
        store.note("title" to "Zzz")
        store.status.first { it.unsent > unsent }
        return liveReferences()
    }

    private fun everyKind(store: Satchel): List<Flow<Any?>> = listOf(
        store.follow("note"), store.follow(byTitle) { it.id }, store.followCount(Query("note")),
        store.followRecord("note", "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6"), store.followConflicts(), store.changes,
    )

    @Test
    fun `a list is emitted whole, then with what is inserted, updated, moved and removed, each time with its token`() = test { store ->
        val cold = store.note("title" to "Cold house")
        val heard = Heard(this, store.follow(byTitle))
        val first = heard.next()
        assertTrue(first.isFirst)
        assertEquals(listOf("Cold house"), first.records.map { it.text("title") })
        assertEquals(store.query(byTitle).token, first.token)

        val bus = store.note("title" to "Bus pass")
        val second = heard.next()
        assertFalse(second.isFirst)
        assertEquals(listOf(bus, cold), second.records.map { it.id })
        assertEquals(listOf(0 to bus), second.inserted.map { it.at to it.record.id })
        assertTrue(second.updated.isEmpty() && second.moved.isEmpty() && second.removed.isEmpty())
        assertEquals(listOf("Cold house"), first.records.map { it.text("title") }) // what was emitted stays as it was

        store.transact(shown = second.token) { record("note", bus).set("title", "Travel pass") }
        val third = heard.next()
        assertEquals(listOf(cold, bus), third.records.map { it.id })
        assertEquals(1, third.moved.size)
        assertEquals(listOf(1 to "Travel pass"), third.updated.map { it.at to it.record.text("title") })

        store.change(cold) { putAway() }
        val fourth = heard.next()
        assertEquals(listOf(0 to cold), fourth.removed.map { it.from to it.id })
        assertEquals(listOf("Travel pass"), fourth.records.map { it.text("title") })
        assertNull(fourth.next)
        heard.stop()
    }

    @RepeatedTest(3)
    fun `differences lead from each list to the next, however many writes are one emission`() = test { store ->
        val random = Random(7)
        val ids = ArrayList<String>()
        val heard = Heard(this, store.follow(byTitle))
        fun words(record: Record) = "${record.id} ${record.text("title")} ${record.number("count")}"
        var list = heard.next().records.map(::words)
        repeat(60) { round ->
            repeat(random.nextInt(8)) {
                val id = ids.randomOrNull(random)
                val isPutAway = id != null && store.blocking.read("note", id)!!.record.isPutAway
                when (if (id == null) 0 else if (isPutAway) 1 else random.nextInt(2, 6)) {
                    0, 2 -> ids += store.note("title" to "Note ${random.nextInt(100)}")
                    1 -> store.change(id!!) { restore() }
                    3 -> store.change(id!!) { set("title", "Note ${random.nextInt(100)}") }
                    4 -> store.change(id!!) { set("count", round) }
                    else -> store.change(id!!) { putAway() }
                }
            }
            val last = store.note("title" to "Note ${random.nextInt(100)}").also { ids += it }
            heard.until { now ->
                val next = list.toMutableList()
                val away = now.removed.map { it.from } + now.moved.map { it.from }
                for (at in away.sortedDescending()) next.removeAt(at)
                val coming = now.inserted.map { it.at to words(it.record) } + now.moved.map { it.to to list[it.from] }
                for ((at, each) in coming.sortedBy { it.first }) next.add(at, each)
                for (each in now.updated) next[each.at] = words(each.record)
                assertEquals(now.records.map(::words), next)
                list = next
                now.records.any { it.id == last }
            }
            assertEquals(store.query(byTitle).records.map(::words), list)
        }
        heard.stop()
    }

    @Test
    fun `records become an app's own type once, and again when they read differently`() = test { store ->
        class Note(val id: String, val title: String)
        val one = store.note("title" to "One")
        store.note("title" to "Two")
        val heard = Heard(this, store.follow(byTitle) { Note(it.id, it.text("title")!!) })
        val first = heard.next().records
        store.change(one) { set("title", "First") }
        val second = heard.next().records
        assertEquals(listOf("First", "Two"), second.map { it.title })
        assertSame(first[1], second[1])
        heard.stop()
    }

    @Test
    fun `one record is followed from before it is there until it is put away`() = test { store ->
        val id = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6"
        val heard = Heard(this, store.followRecord("note", id))
        assertNull(heard.next())
        store.transact {
            open("self")
            create("note", "title" to "One", record = id)
        }
        val read = heard.next()!!
        assertEquals("One", read.record.text("title"))
        assertEquals(store.read("note", id)!!.token, read.token)
        store.note("title" to "Another") // makes no difference to it
        store.change(id) { putAway() }
        assertTrue(heard.next()!!.record.isPutAway)
        heard.stop()
    }

    @Test
    fun `a count, the changes and the status are followed`() = test { store ->
        val count = Heard(this, store.followCount(Query("note")))
        val changes = Heard(this, store.changes)
        assertEquals(0, count.next())
        assertTrue(changes.next().anything)
        val id = store.note("title" to "One")
        assertEquals(1, count.next())
        val changed = changes.next()
        assertFalse(changed.anything)
        assertEquals(listOf(Reference("note", id)), changed.records)
        assertNotNull(store.status.first { it.unsent == 1L }) // without any sync
        for (each in listOf(count, changes)) each.stop()
    }

    @Test
    fun `what another store on the file writes is emitted, as of another process`(): Unit = Folder().use { folder ->
        Satchel.openBlocking(noteOptions(folder.path("a.db"))).use { store ->
            Satchel.openBlocking(noteOptions(folder.path("a.db"))).use { other ->
                runBlocking(Dispatchers.Default) {
                    val heard = Heard(this, store.follow("note"))
                    heard.next()
                    val id = other.note("title" to "From elsewhere")
                    assertEquals(id, heard.next().inserted.single().record.id)
                    heard.stop()
                }
            }
        }
    }

    @Test
    fun `a slow collector holds up nobody, and what came meanwhile is one emission`() = test { store ->
        val begun = CompletableDeferred<Unit>()
        val goOn = CompletableDeferred<Unit>()
        val slow = async {
            store.follow(byTitle).take(2).onEach {
                begun.complete(Unit)
                goOn.await()
            }.toList()
        }
        begun.await()
        repeat(200) { store.note("title" to "Note $it") }
        store.followCount(Query("note")).first { it == 200L }
        goOn.complete(Unit)
        assertEquals(200, slow.await()[1].inserted.size)
    }

    @Test
    fun `a collector that is cancelled, has enough or throws leaves nothing behind`() = test { store ->
        val held = held(store)
        for (flow in everyKind(store)) {
            val heard = Heard(this, flow)
            heard.next()
            assertEquals(held + 1, liveReferences())
            heard.stop()
            assertEquals(held, liveReferences())
            flow.first()
            assertEquals(held, liveReferences())
            val thrown = IllegalStateException("mine")
            assertSame(thrown, runCatching { flow.collect { throw thrown } }.exceptionOrNull())
            assertEquals(held, liveReferences())
        }
        store.note("title" to "One") // and it goes on
        val model = runCatching { store.follow(byTitle) { throw NoSuchElementException() }.collect() }
        assertTrue(model.exceptionOrNull() is NoSuchElementException)
        assertEquals(held, liveReferences())
    }

    @Test
    fun `what cannot be followed is refused when it is collected, and leaves nothing behind`() = test { store ->
        val held = held(store)
        for (wrong in listOf(store.follow("unicorn"), store.follow(Query("note", orderBy = "body")), store.followRecord("note", "x"))) {
            val failure = runCatching { wrong.first() }.exceptionOrNull() as SatchelException
            assertEquals(SatchelCode.INVALID, failure.code)
            assertEquals(held, liveReferences())
        }
    }

    @Test
    fun `what a newer app's schema knows no longer ends with its error`(): Unit = Folder().use { folder ->
        val newer = noteSchema.replace("\"version\": 1", "\"version\": 2")
            .replace("\"integer\", \"indexed\": true", "\"integer\"")
        Satchel.openBlocking(noteOptions(folder.path("a.db"))).use { store ->
            runBlocking(Dispatchers.Default) {
                val held = held(store)
                val begun = CompletableDeferred<Unit>()
                val byCount = async {
                    runCatching { store.follow(Query("note", orderBy = "count")).collect { begun.complete(Unit) } }.exceptionOrNull()
                }
                begun.await()
                Satchel.openBlocking(SatchelOptions(folder.path("a.db"), newer)).use { it.note("title" to "One") }
                val failure = withTimeout(30_000) { byCount.await() } as SatchelException
                assertEquals(SatchelCode.INVALID, failure.code)
                assertEquals(held, liveReferences())
                assertEquals(2, store.count(Query("note")))
            }
        }
    }

    @RepeatedTest(5)
    fun `closing the store completes what is collected, also where a collector is busy`(): Unit = Folder().use { folder ->
        val store = Satchel.openBlocking(noteOptions(folder.path("a.db")))
        runBlocking(Dispatchers.Default) {
            withTimeout(60_000) {
                val kinds = everyKind(store)
                val begun = Channel<Unit>(Channel.UNLIMITED) // a latch would keep a thread of the dispatcher
                val all = kinds.map { flow -> async { flow.onEach { begun.send(Unit) }.toList() } }
                val goOn = CompletableDeferred<Unit>()
                val busy = async { store.follow("note").onEach { begun.send(Unit); goOn.await() }.toList() }
                repeat(kinds.size + 1) { begun.receive() }
                store.note("title" to "One")
                store.closeAndWait()
                assertEquals(0, liveReferences())
                assertTrue(all.awaitAll().all { it.isNotEmpty() })
                goOn.complete(Unit)
                assertTrue(busy.await().isNotEmpty())
                for (flow in everyKind(store)) assertEquals(emptyList<Any?>(), flow.toList())
            }
        }
    }

    @Test
    fun `a collector on the store's own thread may write and stop, but not close`(): Unit = Folder().use { folder ->
        val options = SatchelOptions(
            folder.path("a.db"), noteSchema, "north", "anna", durability = Durability.GROUPED, dispatcher = Dispatchers.Unconfined,
        )
        Satchel.openBlocking(options).use { store ->
            var closing: Throwable? = null
            var own = ""
            val collector = CoroutineScope(Dispatchers.Unconfined).async {
                store.follow(byTitle).first { now ->
                    if (own.isEmpty() && now.records.isNotEmpty()) {
                        closing = runCatching { store.close() }.exceptionOrNull()
                        own = store.note("title" to "Written inside")
                    }
                    now.records.any { it.id == own }
                }
            }
            // Nobody knows on which thread the first result is handed out; this one is, on the store's.
            store.note("title" to "Written outside")
            val last = runBlocking { withTimeout(30_000) { collector.await() } }
            assertEquals(setOf("Written inside", "Written outside"), last.records.map { it.text("title") }.toSet())
            assertEquals(SatchelCode.INVALID, (closing as SatchelException).code)
            val begun = CompletableDeferred<Unit>()
            val throwing = CoroutineScope(Dispatchers.Unconfined).async {
                runCatching { store.follow(byTitle).collect { if (it.isFirst) begun.complete(Unit) else error("mine") } }.exceptionOrNull()
            }
            runBlocking { begun.await() }
            store.note("title" to "Another")
            assertEquals("mine", runBlocking { withTimeout(30_000) { throwing.await() } }!!.message)
            assertEquals(3, store.blocking.count(Query("note")))
        }
        assertEquals(0, liveReferences())
    }
}
