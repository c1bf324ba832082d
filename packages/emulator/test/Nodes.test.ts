import { Store } from "@effect-openai/emulator"
import * as PgStore from "@effect-openai/emulator/PgStore"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Option, Queue, Redacted, type Scope } from "effect"
import { missing, query, reason, schema } from "./postgres.js"

interface Note extends Store.Document {
  readonly created_at: number
  readonly text: string
}

const notes = Store.collection<Note>({ name: "note" })

const note = (text: string): Note => ({ id: "a", created_at: 0, text })

const work = (key: string, id = key): Store.Work => ({ key, kind: "run", id, parent: "thread", project: "" })

describe.skipIf(missing !== undefined)(`Nodes${reason}`, () => {
  const test = (name: string, run: Effect.Effect<void, unknown, Scope.Scope>) => it.scopedLive(name, () => run, 60_000)

  /** Opens a store twice, as two processes do. */
  const two = Effect.gen(function*() {
    const { url } = yield* schema
    const open = Effect.map(PgStore.make({ url, clock: "process" }), (store) => ({ store, nodes: store.nodes! }))
    return { a: yield* open, b: yield* open, sql: (text: string) => query(Redacted.value(url), text) }
  })

  const one = (leases: ReadonlyArray<Store.Lease>): Store.Lease => {
    assert.lengthOf(leases, 1)
    return leases[0]!
  }

  /** As a process that is seen no more. */
  const stop = (sql: (text: string) => Effect.Effect<unknown>, id: string) =>
    sql(`UPDATE nodes SET seen_at = seen_at - interval '1 minute' WHERE id = '${id}'`)

  describe("notifications", () => {
    test(
      "reach each process, by topic",
      Effect.gen(function*() {
        const { a, b } = yield* two
        const atA = yield* a.nodes.notifications("x")
        const atB = yield* b.nodes.notifications("x")
        yield* a.nodes.notify("y", "other")
        yield* a.nodes.notify("x", "some text")
        assert.deepStrictEqual([yield* Queue.take(atA), yield* Queue.take(atB)], ["some text", "some text"])
      })
    )

    test(
      "of a transaction are sent when it ends, and not where it fails",
      Effect.gen(function*() {
        const { a, b } = yield* two
        const atB = yield* b.nodes.notifications("x")
        yield* Effect.flip(a.store.transaction(Effect.zipRight(a.nodes.notify("x", "1"), Effect.fail("no"))))
        yield* a.store.transaction(Effect.zipRight(a.nodes.notify("x", "2"), b.nodes.notify("x", "3")))
        assert.deepStrictEqual([yield* Queue.take(atB), yield* Queue.take(atB)], ["3", "2"])
      })
    )

    test(
      "say that some may be missing after the connection was lost",
      Effect.gen(function*() {
        const { a, b, sql } = yield* two
        const atB = yield* b.nodes.notifications("x")
        yield* sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        assert.isUndefined(yield* Queue.take(atB))
        yield* a.nodes.notify("x", "again")
        assert.strictEqual(yield* Queue.take(atB), "again")
      })
    )
  })

  describe("leases", () => {
    test(
      "belong to one process, and are taken from one that lives by force alone",
      Effect.gen(function*() {
        const { a, b } = yield* two
        const lost = yield* a.nodes.notifications("lease")
        const first = one(yield* a.nodes.acquire([work("1")], { force: false }))
        assert.deepStrictEqual(yield* b.nodes.acquire([work("1")], { force: false }), [])
        assert.isTrue(yield* b.nodes.ask("look", "1"))
        const again = one(yield* a.nodes.acquire([work("1", "other")], { force: false }))
        assert.deepStrictEqual(again, { ...first, id: "other", acquired: 2 })
        const second = one(yield* b.nodes.acquire([work("1")], { force: true }))
        assert.notStrictEqual(second.token, first.token)
        assert.strictEqual(yield* Queue.take(lost), `${second.token} 1`)
        assert.deepStrictEqual(yield* b.nodes.held(), [second])
        assert.deepStrictEqual(yield* a.nodes.held(), [])
        assert.isTrue(yield* a.nodes.ask("look", "1"))
        assert.isFalse(yield* b.nodes.ask("look", "1"))
      })
    )

    test(
      "of work that ended are removed, unless they were taken again",
      Effect.gen(function*() {
        const { a, b } = yield* two
        const first = one(yield* a.nodes.acquire([work("1")], { force: false }))
        const second = one(yield* a.nodes.acquire([work("1")], { force: false }))
        yield* a.nodes.release([first])
        assert.isTrue(yield* b.nodes.ask("look", "1"))
        yield* a.nodes.release([second])
        assert.isFalse(yield* b.nodes.ask("look", "1"))
      })
    )

    test(
      "of a process that is seen no more are taken over",
      Effect.gen(function*() {
        const { a, b, sql } = yield* two
        yield* a.nodes.acquire([work("1"), work("2"), work("3")], { force: false })
        assert.deepStrictEqual(yield* b.nodes.takeOver(10), [])
        yield* stop(sql, a.nodes.id)
        assert.lengthOf(yield* b.nodes.takeOver(2), 2)
        const third = one(yield* b.nodes.takeOver(2))
        assert.deepStrictEqual((yield* b.nodes.held()).length, 3)
        assert.include(third, { kind: "run", parent: "thread", project: "" })
      })
    )

    test(
      "of a process that closes are taken over immediately",
      Effect.gen(function*() {
        const { a, b } = yield* two
        const left = yield* b.nodes.notifications("left")
        const lease = one(yield* a.nodes.acquire([work("1")], { force: false }))
        yield* a.nodes.leave([lease])
        assert.strictEqual(yield* Queue.take(left), "1")
        assert.notStrictEqual(one(yield* b.nodes.takeOver(10)).token, lease.token)
      })
    )

    test(
      "fence transactions, and writes outside of one",
      Effect.gen(function*() {
        const { a, b } = yield* two
        const lease = one(yield* a.nodes.acquire([work("1")], { force: false }))
        const write = (text: string) => a.nodes.fence(lease)(a.store.set(notes, note(text)))
        const inTransaction = (text: string) =>
          a.nodes.fence(lease)(a.store.transaction(a.store.set(notes, note(text))))
        yield* write("1")
        yield* inTransaction("2")
        yield* b.nodes.acquire([work("1")], { force: true })
        for (const refused of [write("3"), inTransaction("4"), a.nodes.fence(lease)(a.store.remove(notes, "a"))]) {
          const exit = yield* Effect.exit(refused)
          assert.isTrue(Exit.isInterrupted(exit))
        }
        assert.deepStrictEqual(yield* b.store.get(notes, "a"), Option.some(note("2")))
        yield* a.store.set(notes, note("unfenced"))
      })
    )
  })
})
