package org.satchel.support

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout

/** Collects a flow for a test that takes one thing after the other: the flow waits until it was taken. */
class Heard<T>(scope: CoroutineScope, flow: Flow<T>) {
    private val told = Channel<T>()
    private val job = scope.launch {
        flow.collect { told.send(it) }
        told.close()
    }

    suspend fun next(): T = withTimeout(30_000) { told.receive() }

    suspend fun until(expected: (T) -> Boolean): T {
        while (true) next().let { if (expected(it)) return it }
    }

    suspend fun hasEnded(): Boolean = withTimeout(30_000) { told.receiveCatching().isClosed }

    suspend fun stop() = job.cancelAndJoin()
}
