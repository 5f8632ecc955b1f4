package org.satchel.spec

import org.satchel.Clock
import org.satchel.Durability
import org.satchel.HttpTransport
import org.satchel.Satchel
import org.satchel.SatchelCode
import org.satchel.SatchelException
import org.satchel.SatchelOptions
import org.satchel.UrlConnectionTransport
import org.satchel.support.Centre
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong

const val START_MS = 1_773_000_000_000 // a Sunday in March 2026, as in the C++ player

/** What the clocks of everybody are set by. */
class Time(wall: Long) {
    private val now = AtomicLong(wall)
    val wallMillis: Long get() = now.get()

    fun pass(milliseconds: Long) {
        now.addAndGet(milliseconds)
    }
}

/** A tablet over HTTPS whose clock and luck the scenario decides. */
class Tablet(path: String, worker: String, schema: String, centre: Centre, time: Time) : AutoCloseable {
    @Volatile
    var aheadMillis = 0L
    val answersToLose = AtomicInteger()

    private val clock = object : Clock {
        override fun wallMillis(): Long = time.wallMillis + aheadMillis

        override fun monotonicMillis(): Long = System.nanoTime() / 1_000_000
    }
    private val network = UrlConnectionTransport(centre.url, centre.trust)
    private val unreliable = HttpTransport { request ->
        val answer = network.send(request)
        if (answersToLose.getAndUpdate { maxOf(it - 1, 0) } > 0) {
            throw SatchelException(SatchelCode.NETWORK, Story.ANSWER_LOST)
        }
        answer
    }

    val store: Satchel = Satchel.openBlocking(
        SatchelOptions(
            path, schema, "north", worker, durability = Durability.GROUPED,
            http = unreliable, tokens = { centre.token(worker) }, clock = clock,
        ),
    )

    override fun close() = store.close()
}

/** In which order the tablets come to the centre at each step "sync": the last place counting fastest. */
class Orders {
    private val chosen = ArrayList<Int>()
    private val possible = ArrayList<Int>()
    private val taken = ArrayList<String>()

    fun take(tablets: List<String>): List<String> {
        val at = taken.size
        if (at == chosen.size) {
            chosen += 0
            possible += (2..tablets.size).fold(1, Int::times)
        }
        return permutation(tablets.sorted(), chosen[at]).also { taken += it.joinToString(" ") }
    }

    fun next(): Boolean {
        taken.clear()
        for (at in chosen.indices.reversed()) {
            if (++chosen[at] < possible[at]) return true
            chosen[at] = 0
        }
        return false
    }

    override fun toString() = taken.joinToString(", then ").ifEmpty { "nobody" }

    private fun permutation(items: List<String>, number: Int): List<String> {
        val left = items.toMutableList()
        var rest = number
        return List(items.size) {
            val below = (1 until left.size).fold(1, Int::times)
            left.removeAt(rest / below).also { rest %= below }
        }
    }
}
