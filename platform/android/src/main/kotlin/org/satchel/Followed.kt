package org.satchel

import kotlinx.serialization.json.JsonObject

/*
 * What a Flow of Satchel.follow and its neighbours emits.
 */

/**
 * The records that a query finds now, and how this list came from the one that the same Flow emitted before: for a screen
 * that moves its rows instead of drawing them anew. All places are ascending.
 *
 * @property token of this list: give it back as `shown` when a form about one of its records is saved
 * @property next as [Page.next]
 * @property isFirst there was none before: all of it is [inserted]
 * @property removed places in the list before
 * @property moved the fewest moves that lead to the new order
 * @property updated reads differently, also in what is unsent or in conflict; may be among the moved
 */
public class LiveList<T> internal constructor(
    public val token: String,
    public val records: List<T>,
    public val next: String?,
    public val isFirst: Boolean,
    public val removed: List<Removed>,
    public val moved: List<Moved>,
    public val inserted: List<Placed<T>>,
    public val updated: List<Placed<T>>,
) {
    /** @property from its place in the list before */
    public class Removed internal constructor(public val from: Int, public val id: String)

    /** @property from its place in the list before @property to its place in the list now */
    public class Moved internal constructor(public val from: Int, public val to: Int, public val id: String)

    /** @property at its place in the list now */
    public class Placed<T> internal constructor(public val at: Int, public val record: T)
}

/**
 * Which records read differently, for an app that keeps copies.
 *
 * @property anything there may be anything different: too many to name, a scope that left, and at first
 */
public class Changes internal constructor(
    public val token: String,
    public val anything: Boolean,
    public val records: List<Reference>,
) {
    internal companion object {
        fun of(told: JsonObject): Changes = Changes(
            told.text("token"),
            told.flag("anything"),
            told.objects("records").map { Reference(it.text("collection"), it.text("id")) },
        )
    }
}

/** Keeps the list of one collector up to date: a record becomes a [T] once, when it is new or reads differently. */
internal class ListKeeper<T>(private val model: (Record) -> T) {
    private var records: List<T> = emptyList()

    fun read(told: JsonObject): LiveList<T> {
        val removed = told.objects("removed").map { LiveList.Removed(it.place("from"), it.text("id")) }
        val moved = told.objects("moved").map { LiveList.Moved(it.place("from"), it.place("to"), it.text("id")) }
        val inserted = placed(told, "inserted")
        val updated = placed(told, "updated")
        val leaving = (removed.map { it.from } + moved.map { it.from }).toSet()
        val coming = moved.map { LiveList.Placed(it.to, records[it.from]) } + inserted
        val now = records.filterIndexedTo(ArrayList()) { at, _ -> at !in leaving }
        for (each in coming.sortedBy { it.at }) now.add(each.at, each.record)
        for (each in updated) now[each.at] = each.record
        records = now
        val next = told.text("next").ifEmpty { null }
        return LiveList(told.text("token"), now, next, told.flag("first"), removed, moved, inserted, updated)
    }

    private fun placed(told: JsonObject, name: String): List<LiveList.Placed<T>> =
        told.objects(name).map { LiveList.Placed(it.place("at"), model(Record(it.getValue("record").asObject()))) }

    private fun JsonObject.place(name: String): Int = number(name).toInt()
}
