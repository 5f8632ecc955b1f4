package org.satchel

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTimeoutPreemptively
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.RepeatedTest
import org.junit.jupiter.api.Test
import org.satchel.support.Folder
import org.satchel.support.liveReferences
import org.satchel.support.note
import org.satchel.support.noteOptions
import org.satchel.support.noteSchema
import java.net.InetAddress
import java.net.ServerSocket
import java.time.Duration
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

class CloseTest {
    @Test
    fun `every call after close says closed, and closing again is fine`(): Unit = Folder().use { folder ->
        val store = Satchel.openBlocking(noteOptions(folder.path("a.db")))
        val id = store.note("title" to "One")
        store.close()
        store.close()
        for (call in listOf<suspend () -> Any?>(
            { store.read("note", id) },
            { store.query("note") },
            { store.transact { record("note", id).set("title", "Two") } },
            { store.conflicts() },
            { store.sync() },
            { store.syncWithin(1_000) },
            { store.enterBackground() },
            { store.startWatching() },
            { store.verify() },
            { store.flush() },
            { store.copy(folder.path("b.db")) },
        )) {
            val failure = runBlocking { runCatching { call() } }.exceptionOrNull() as SatchelException
            assertEquals(SatchelCode.CLOSED, failure.code)
        }
        assertEquals(0, liveReferences())
    }

    @RepeatedTest(20)
    fun `close while busy lets calls finish or refuses them, and none meets a store that is gone`(): Unit = Folder().use { folder ->
        val store = Satchel.openBlocking(noteOptions(folder.path("a.db")))
        val id = store.note("title" to "One", "count" to 0)
        val committed = AtomicInteger()
        val busy = CountDownLatch(4)
        val workers = List(4) { number ->
            thread {
                var calls = 0
                val end = runCatching {
                    while (true) {
                        if (number == 0) {
                            store.blocking.transact { record("note", id).set("count", committed.get() + 1) }
                            committed.incrementAndGet()
                        } else {
                            store.blocking.read("note", id)!!
                        }
                        if (++calls == 5) busy.countDown()
                    }
                }.exceptionOrNull()
                assertEquals(SatchelCode.CLOSED, (end as SatchelException).code)
            }
        }
        busy.await()
        val closers = List(2) { thread { store.close() } }
        store.close()
        (workers + closers).forEach(Thread::join)
        assertEquals(0, liveReferences())
        Satchel.openBlocking(noteOptions(folder.path("a.db"))).use {
            // What was told as committed is there; one more may be, whose receipt came when nobody asked any more.
            assertEquals(committed.get().toLong(), it.blocking.read("note", id)!!.record.number("count"))
            it.blocking.verify()
        }
    }

    @Test
    fun `closing ends a sync that blocks a thread, on a network that swallows everything`(): Unit = Folder().use { folder ->
        ServerSocket(0, 50, InetAddress.getLoopbackAddress()).use { network ->
            for ((number, call) in listOf<BlockingSatchel.() -> Any>({ sync() }, { syncWithin(600_000) }).withIndex()) {
                val store = Satchel.openBlocking(
                    SatchelOptions(
                        folder.path("$number.db"), noteSchema, "north", "anna", durability = Durability.GROUPED,
                        baseUrl = "https://127.0.0.1:${network.localPort}", tokens = { "a.b.c" },
                    ),
                )
                var failure: Throwable? = null
                val waiting = thread { failure = runCatching { store.blocking.call() }.exceptionOrNull() }
                network.accept().use {
                    assertTimeoutPreemptively(Duration.ofSeconds(20)) { store.close() }
                    waiting.join()
                }
                assertEquals(SatchelCode.CANCELLED, (failure as SatchelException).code)
            }
        }
        assertEquals(0, liveReferences())
    }

    @Test
    fun `an interrupted thread closes all the same, and stays interrupted`(): Unit = Folder().use { folder ->
        val store = Satchel.openBlocking(noteOptions(folder.path("a.db")))
        var interrupted = false
        thread {
            Thread.currentThread().interrupt()
            store.close()
            interrupted = Thread.interrupted()
        }.join()
        assertTrue(interrupted)
        assertThrows(SatchelException::class.java) { store.blocking.status() }
    }

    @Test
    fun `a commit whose coroutine is cancelled is finished`(): Unit = Folder().use { folder ->
        Satchel.openBlocking(noteOptions(folder.path("a.db"))).use { store ->
            runBlocking {
                var receipt: Receipt? = null
                val writing = launch(Dispatchers.Unconfined, start = CoroutineStart.UNDISPATCHED) {
                    receipt = store.transact {
                        open("self")
                        create("note", "title" to "One")
                    }
                }
                writing.cancel()
                writing.join()
                assertEquals(1, store.count(Query("note")))
                assertEquals(1, receipt!!.records.size)
            }
        }
    }

    @Test
    fun `flows of changes end with the store, and a cancelled one takes nothing with it`(): Unit = Folder().use { folder ->
        val store = Satchel.openBlocking(noteOptions(folder.path("a.db")))
        runBlocking(Dispatchers.Default) {
            val seen = AtomicInteger()
            val first = CompletableDeferred<Unit>()
            val cancelled = launch { store.changes.collect { seen.incrementAndGet(); first.complete(Unit) } }
            first.await()
            cancelled.cancel()
            cancelled.join()
            val seenThen = seen.get()
            store.changes.first() // a new one begins at once
            val begun = Channel<Unit>(Channel.UNLIMITED)
            val ended = List(3) { async { store.changes.onEach { begun.send(Unit) }.toList() } }
            repeat(3) { begun.receive() }
            store.note("title" to "One")
            store.closeAndWait()
            assertTrue(ended.awaitAll().all { it.isNotEmpty() })
            assertEquals(seenThen, seen.get())
            assertEquals(emptyList<Changes>(), store.changes.toList())
            assertFalse(store.status.value.words.isEmpty())
        }
    }

    @Test
    fun `a commit of this store is a change`(): Unit = Folder().use { folder ->
        Satchel.openBlocking(noteOptions(folder.path("a.db"))).use { store ->
            runBlocking(Dispatchers.Default) {
                val id = store.note("title" to "One")
                val two = async(start = CoroutineStart.UNDISPATCHED) {
                    store.changes.first { store.read("note", id)!!.record.text("title") == "Two" }
                }
                store.transact { record("note", id).set("title", "Two") }
                two.await()
            }
        }
    }
}
