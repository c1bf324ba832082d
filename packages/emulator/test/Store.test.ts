import { Store } from "@effect-openai/emulator"
import { assert, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Exit, Fiber, Layer, Option, Stream } from "effect"
import { maxDeleted } from "../src/internal/memory.js"
import { describeEach } from "./describeEach.js"
import { stores } from "./utils.js"

interface Note extends Store.Document {
  readonly created_at: number
  readonly text: string
  readonly book: string
}

const notes = Store.collection<Note>({ name: "note", parentOf: ({ book }) => book })
const loose = Store.collection<Note>({ name: "loose" })

interface Event extends Store.Document {
  readonly at: number
  readonly kind: string | null
  readonly tags: ReadonlyArray<string>
}

const events = Store.collection<Event>({ name: "event", timeOf: ({ at }) => at })

interface Row extends Store.Document {
  readonly at: number
  readonly kind: string
  readonly model: string | null
  readonly isBatch: boolean
  readonly tokens?: number
}

const rows = Store.collection<Row>({ name: "row", parentOf: ({ kind }) => kind, timeOf: ({ at }) => at })

const note = (id: string, fields?: Partial<Note>): Note => ({ id, created_at: 0, text: "", book: "a", ...fields })

describeEach(stores)("$name", ({ isSlow, layer }) => {
  const test = (name: string, run: (store: Store.Service) => Effect.Effect<void, unknown>) =>
    it.effect(name, () => Effect.flatMap(Store.Store, run).pipe(Effect.provide(Layer.fresh(layer))), 60_000)

  const listed = (store: Store.Service, query?: Partial<Store.Query<Note>>) =>
    Effect.map(
      store.list(notes, { parent: "a", order: "asc", limit: 10, ...query }),
      ({ data, hasMore }) => [data.map(({ id }) => id).join(""), hasMore]
    )

  test("keeps documents by collection and parent", (store) =>
    Effect.gen(function*() {
      yield* store.set(notes, note("1", { text: "a" }))
      yield* store.set(notes, note("1", { text: "b", book: "b" }))
      yield* store.set(loose, note("1", { text: "c" }))
      const text = (found: Effect.Effect<Option.Option<Note>, Store.StoreError>) =>
        Effect.map(found, Option.map(({ text }) => text))
      assert.deepStrictEqual(yield* text(store.get(notes, "1", "a")), Option.some("a"))
      assert.deepStrictEqual(yield* text(store.get(notes, "1", "b")), Option.some("b"))
      assert.deepStrictEqual(yield* text(store.get(notes, "1", "c")), Option.none())
      assert.deepStrictEqual(yield* text(store.get(notes, "1")), Option.none())
      assert.deepStrictEqual(yield* text(store.get(loose, "1")), Option.some("c"))

      assert.isTrue(yield* store.remove(notes, "1", "a"))
      assert.isFalse(yield* store.remove(notes, "1", "a"))
      assert.isFalse(yield* store.remove(notes, "__proto__", "a"))
      assert.deepStrictEqual(yield* text(store.get(notes, "1", "a")), Option.none())
      assert.deepStrictEqual(yield* store.find(notes, {}), [note("1", { text: "b", book: "b" })])
    }))

  test("orders by time, then by insertion, and a replaced document stays in its place", (store) =>
    Effect.gen(function*() {
      for (const [id, created_at] of [["d", 2], ["a", 1], ["b", 1], ["e", 2], ["c", 1]] as const) {
        yield* store.set(notes, note(id, { created_at }))
      }
      yield* store.set(notes, note("a", { created_at: 1, text: "again" }))
      assert.deepStrictEqual(yield* listed(store), ["abcde", false])
      assert.deepStrictEqual(yield* listed(store, { order: "desc" }), ["edcba", false])
      yield* store.remove(notes, "a", "a")
      yield* store.set(notes, note("a", { created_at: 1 }))
      assert.deepStrictEqual(yield* listed(store), ["bcade", false])
    }))

  test("gives pages between cursors, in both directions", (store) =>
    Effect.gen(function*() {
      for (const id of "abcdefgh") yield* store.set(notes, note(id, { text: "aeh".includes(id) ? "x" : "y" }))
      assert.deepStrictEqual(yield* listed(store, { limit: 3 }), ["abc", true])
      assert.deepStrictEqual(yield* listed(store, { limit: 8 }), ["abcdefgh", false])
      assert.deepStrictEqual(yield* listed(store, { limit: 3, after: "c" }), ["def", true])
      assert.deepStrictEqual(yield* listed(store, { limit: 3, before: "f" }), ["cde", true])
      assert.deepStrictEqual(yield* listed(store, { limit: 3, before: "d" }), ["abc", false])
      assert.deepStrictEqual(yield* listed(store, { limit: 3, order: "desc", before: "d" }), ["gfe", true])
      assert.deepStrictEqual(yield* listed(store, { after: "b", before: "e" }), ["cd", false])
      assert.deepStrictEqual(yield* listed(store, { after: "b", before: "e", limit: 1 }), ["c", true])
      assert.deepStrictEqual(yield* listed(store, { after: "e", before: "b" }), ["", false])
      assert.deepStrictEqual(yield* listed(store, { where: { text: "x" } }), ["aeh", false])
      assert.deepStrictEqual(yield* listed(store, { where: { text: "x" }, after: "c", limit: 1 }), ["e", true])
      assert.deepStrictEqual(yield* listed(store, { parent: "b" }), ["", false])
      yield* store.remove(notes, "d", "a")
      assert.deepStrictEqual(yield* listed(store, { after: "d", limit: 2 }), ["ef", true])
      assert.deepStrictEqual(yield* listed(store, { before: "d", limit: 2 }), ["bc", true])
      for (const cursor of ["after", "before"] as const) {
        const error = yield* Effect.flip(listed(store, { [cursor]: "z" }))
        assert.deepStrictEqual(error, new Store.CursorNotFound({ cursor, id: "z" }))
      }
    }))

  // A slow store takes half a minute for it. Its own test begins with the last of the deletions.
  if (!isSlow) {
    test("forgets the places of documents that were deleted long ago, and nothing else", (store) =>
      Effect.gen(function*() {
        const ids = Array.from({ length: maxDeleted }, (_, index) => `${index}`)
        const remove = (id: string, book = "a") => store.remove(notes, id, book)
        const after = (id: string) =>
          Effect.exit(store.list(notes, { parent: "a", order: "asc", limit: 10, after: id }))
        for (const id of ["kept", "oldest", "old", "back"]) yield* store.set(notes, note(id))
        yield* remove("oldest")
        yield* remove("back")
        yield* remove("old")
        yield* store.set(notes, note("back"))
        yield* store.set(notes, note("only", { book: "b" }))
        yield* remove("only", "b")
        // Less than all but three of them: those are the ones above.
        yield* store.transaction(
          Effect.forEach(
            ids.slice(4),
            (id) => Effect.zipRight(store.set(notes, note(id, { book: "c" })), remove(id, "c"))
          )
        )
        assert.isTrue(Exit.isSuccess(yield* after("oldest")))
        for (const id of ids.slice(0, 2)) {
          yield* store.set(notes, note(id, { book: "c" }))
          yield* remove(id, "c")
        }
        assert.deepStrictEqual(
          yield* after("oldest"),
          Exit.fail(new Store.CursorNotFound({ cursor: "after", id: "oldest" }))
        )
        assert.isTrue(Exit.isSuccess(yield* after("old")))
        assert.deepStrictEqual(yield* listed(store, { limit: 3 }), ["keptback", false])
        for (const id of ids.slice(2, 4)) {
          yield* store.set(notes, note(id, { book: "c" }))
          yield* remove(id, "c")
        }
        assert.deepStrictEqual(yield* after("kept"), Exit.succeed({ data: [note("back")], hasMore: false }))
      }))
  }

  test("finds documents by their values, whatever their parent", (store) =>
    Effect.gen(function*() {
      yield* store.set(notes, note("1", { text: "x" }))
      yield* store.set(notes, note("1", { text: "x", book: "b" }))
      yield* store.set(notes, note("2", { text: "x", book: "b" }))
      yield* store.set(notes, note("3", { text: "y" }))
      const books = (found: ReadonlyArray<Note>) => found.map(({ book }) => book).toSorted()
      assert.deepStrictEqual(books(yield* store.find(notes, { id: "1" })), ["a", "b"])
      assert.deepStrictEqual(books(yield* store.find(notes, { text: "x", book: "b" })), ["b", "b"])
      assert.deepStrictEqual(yield* store.find(notes, { text: "z" }), [])
    }))

  test("filters by lists and ranges", (store) =>
    Effect.gen(function*() {
      for (const [index, id] of [..."abcde"].entries()) {
        const tags = index % 2 === 0 ? ["even", id] : ["odd", id]
        yield* store.set(events, { id, at: index, kind: index < 2 ? "low" : null, tags })
      }
      const found = (where: Store.Where<Event>, query?: Partial<Store.Query<Event>>) =>
        Effect.map(
          store.list(events, { order: "desc", limit: 10, where, ...query }),
          ({ data, hasMore }) => [data.map(({ id }) => id).join(""), hasMore]
        )
      assert.deepStrictEqual(yield* found({}), ["edcba", false])
      assert.deepStrictEqual(yield* found({ tags: Store.oneOf(["odd", "e", "none"]) }), ["edb", false])
      assert.deepStrictEqual(yield* found({ kind: Store.oneOf(["low", "high"]) }), ["ba", false])
      assert.deepStrictEqual(yield* found({ kind: Store.oneOf([]) }), ["", false])
      assert.deepStrictEqual(yield* found({ kind: Store.oneOf(undefined), at: Store.range(undefined) }), [
        "edcba",
        false
      ])
      assert.deepStrictEqual(yield* found({ at: Store.range({ gt: 1, lte: 3 }) }), ["dc", false])
      assert.deepStrictEqual(yield* found({ at: Store.range({ gte: 1, lt: 3 }) }), ["cb", false])
      assert.deepStrictEqual(yield* found({ kind: Store.range({ gte: 0 }) }), ["", false])
      assert.deepStrictEqual(
        yield* found({ tags: Store.oneOf(["even"]), at: Store.range({ gte: 0 }) }, { after: "e", limit: 1 }),
        ["c", true]
      )
      assert.deepStrictEqual(
        (yield* store.find(events, { tags: Store.oneOf(["even"]), kind: null })).map(({ id }) => id).sort(),
        ["c", "e"]
      )
    }))

  test("adds up documents in buckets of time, by the values of fields", (store) =>
    Effect.gen(function*() {
      const row = (id: string, at: number, model: string | null, isBatch: boolean, tokens?: number) =>
        store.set(rows, { id, at, kind: "a", model, isBatch, ...(tokens === undefined ? {} : { tokens }) })
      yield* row("1", 59, "x", false, 1)
      yield* row("2", 60, "y", true, 2)
      yield* row("3", 61, "y", true, 3)
      yield* row("4", 119, "y", false)
      yield* row("5", 180, null, false, 5)
      yield* row("6", 240, "x", false, 6)
      yield* store.set(rows, { id: "7", at: 61, kind: "b", model: "y", isBatch: true, tokens: 100 })
      const sums = (aggregate: Partial<Store.Aggregate<Row>>) =>
        Effect.map(
          store.aggregate(rows, { parent: "a", from: 0, to: 240, width: 60, by: [], sum: ["tokens"], ...aggregate }),
          (all) => all.map(({ by, count, sum, time }) => [time, ...Object.values(by), count, sum["tokens"]])
        )
      assert.deepStrictEqual(yield* sums({}), [[0, 1, 1], [60, 3, 5], [180, 1, 5]])
      assert.deepStrictEqual(yield* sums({ from: 60, to: 61 }), [[60, 1, 2]])
      assert.deepStrictEqual(yield* sums({ width: 3600, to: 10_000, by: ["model", "isBatch"] }), [
        [0, "x", false, 2, 7],
        [0, "y", false, 1, 0],
        [0, "y", true, 2, 5],
        [0, null, false, 1, 5]
      ])
      assert.deepStrictEqual(yield* sums({ where: { model: Store.oneOf(["x", "z"]), isBatch: false } }), [[0, 1, 1]])
      assert.deepStrictEqual(yield* sums({ parent: "c" }), [])
    }))

  test("a transaction that fails or is interrupted leaves nothing", (store) =>
    Effect.gen(function*() {
      yield* store.set(notes, note("a"))
      const change = Effect.zipRight(store.set(notes, note("b")), store.remove(notes, "a", "a"))
      const failed = yield* Effect.exit(store.transaction(Effect.zipRight(change, Effect.fail("no"))))
      assert.deepStrictEqual(failed, Exit.fail("no"))
      assert.deepStrictEqual(yield* listed(store), ["a", false])

      const changed = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(store.transaction(
        change.pipe(Effect.zipRight(Deferred.succeed(changed, undefined)), Effect.zipRight(Effect.never))
      ))
      yield* Deferred.await(changed)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* listed(store), ["a", false])

      yield* store.transaction(change)
      assert.deepStrictEqual(yield* listed(store), ["b", false])
    }))

  test("a transaction sees its own writes, and no other reader does before its end", (store) =>
    Effect.gen(function*() {
      const changed = yield* Deferred.make<void>()
      const seen = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(store.transaction(Effect.gen(function*() {
        yield* store.set(notes, note("a"))
        // What runs inside another belongs to it.
        yield* store.transaction(store.set(notes, note("b")))
        const own = yield* listed(store)
        yield* Deferred.succeed(changed, undefined)
        yield* Deferred.await(seen)
        return { own, last: yield* listed(store) }
      })))
      yield* Deferred.await(changed)
      assert.deepStrictEqual(yield* listed(store), ["", false])
      const other = yield* Effect.fork(store.set(notes, note("c")))
      yield* Deferred.succeed(seen, undefined)
      const { last, own } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(own, ["ab", false])
      // Where transactions run at the same time, the other write may be there before this one ends.
      if (!isSlow) assert.deepStrictEqual(last, ["ab", false])
      yield* Fiber.join(other)
      assert.deepStrictEqual(yield* listed(store), ["abc", false])
    }))

  test("transactions come one after the other", (store) =>
    Effect.gen(function*() {
      yield* store.set(notes, note("n", { text: "0" }))
      const increment = store.transaction(Effect.gen(function*() {
        const { value } = (yield* store.get(notes, "n", "a", "update")) as Option.Some<Note>
        yield* Effect.yieldNow()
        yield* store.set(notes, { ...value, text: String(Number(value.text) + 1) })
      }))
      yield* Effect.all(Array.from({ length: 100 }, () => increment), { concurrency: "unbounded" })
      assert.strictEqual(Option.getOrThrow(yield* store.get(notes, "n", "a")).text, "100")
    }))

  test("commits or rolls back each of many concurrent transactions independently", (store) =>
    Effect.gen(function*() {
      const exits = yield* Effect.forEach(
        Array.from({ length: 60 }, (_, index) => index),
        (index) => {
          const set = store.set(notes, note(String(index), { created_at: index }))
          const end = [Effect.void, Effect.fail("no"), Effect.interrupt, Effect.die("no")][index % 4]!
          return Effect.exit(store.transaction(Effect.zipRight(set, end)))
        },
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(exits.map(Exit.isSuccess), exits.map((_, index) => index % 4 === 0))
      const { data } = yield* store.list(notes, { parent: "a", order: "asc", limit: 100 })
      assert.deepStrictEqual(
        data.map(({ created_at }) => created_at),
        Array.from({ length: 15 }, (_, index) => index * 4)
      )
    }))

  test("keeps blobs, and only complete ones", (store) =>
    Effect.gen(function*() {
      const read = (key: string) =>
        Effect.map(Stream.runCollect(store.readBlob(key)), (chunks) => Buffer.concat([...chunks]))
      const chunks = [new Uint8Array([0, 255]), new Uint8Array(), new Uint8Array([7])]
      yield* store.writeBlob("a", Stream.fromIterable(chunks))
      assert.deepStrictEqual([...(yield* read("a"))], [0, 255, 7])
      assert.deepStrictEqual([...(yield* read("a"))], [0, 255, 7])
      yield* store.writeBlob("empty", Stream.empty)
      assert.lengthOf(yield* read("empty"), 0)
      assert.lengthOf(yield* read("nope"), 0)

      const failing = Stream.concat(Stream.make(new Uint8Array([1])), Stream.fail("no"))
      assert.deepStrictEqual(yield* Effect.exit(store.writeBlob("b", failing)), Exit.fail("no"))
      assert.lengthOf(yield* read("b"), 0)

      yield* store.removeBlob("a")
      yield* store.removeBlob("a")
      assert.lengthOf(yield* read("a"), 0)
      yield* store.writeBlob("a", Stream.make(new Uint8Array([1])))
      assert.lengthOf(yield* read("a"), 1)
    }))

  test("does not insert a document whose identifier is taken, in or out of a transaction", (store) =>
    Effect.gen(function*() {
      const taken = Exit.fail(new Store.IdTaken({ id: "1" }))
      yield* store.insert(notes, note("1", { text: "a" }))
      assert.deepStrictEqual(yield* Effect.exit(store.insert(notes, note("1", { text: "b" }))), taken)
      yield* store.insert(notes, note("1", { book: "b" }))
      yield* store.transaction(Effect.gen(function*() {
        assert.deepStrictEqual(yield* Effect.exit(store.insert(notes, note("1", { text: "c" }))), taken)
        // What was taken leaves the transaction as it was.
        yield* store.insert(notes, note("2", { text: "d" }))
        assert.isTrue(yield* store.remove(notes, "1", "a"))
        yield* store.insert(notes, note("1", { text: "e" }))
      }))
      const { data } = yield* store.list(notes, { parent: "a", order: "asc", limit: 10 })
      assert.deepStrictEqual(data.map(({ id, text }) => id + text), ["2d", "1e"])
    }))

  test("lets one of many that insert the same identifier at the same time insert it", (store) =>
    Effect.gen(function*() {
      const attempts = Array.from({ length: 20 }, (_, index) => {
        const insert = store.insert(notes, note("1", { text: `${index}` }))
        return Effect.isSuccess(index % 2 === 0 ? insert : store.transaction(insert))
      })
      const won = yield* Effect.all(attempts, { concurrency: "unbounded" })
      assert.strictEqual(won.filter((isInserted) => isInserted).length, 1)
      const { text } = Option.getOrThrow(yield* store.get(notes, "1", "a"))
      assert.strictEqual(text, `${won.indexOf(true)}`)
    }))

  test("does not write bytes under a key that is taken, and reads nothing of them", (store) =>
    Effect.gen(function*() {
      const taken = (key: string) => Exit.fail(new Store.IdTaken({ id: key }))
      const unread = Stream.die("It was read.")
      yield* store.writeBlob("a", Stream.make(new Uint8Array([1])))
      assert.deepStrictEqual(yield* Effect.exit(store.writeBlob("a", unread)), taken("a"))
      const writing = yield* Deferred.make<void>()
      const endless = Stream.concat(Stream.make(new Uint8Array([1])), Stream.never)
      const fiber = yield* Effect.fork(
        store.writeBlob("b", Stream.tap(endless, () => Deferred.succeed(writing, undefined)))
      )
      yield* Deferred.await(writing)
      assert.deepStrictEqual(yield* Effect.exit(store.writeBlob("b", unread)), taken("b"))
      yield* Fiber.interrupt(fiber)
      yield* store.writeBlob("b", Stream.make(new Uint8Array([2])))
      assert.deepStrictEqual([...Chunk.flatMap(yield* Stream.runCollect(store.readBlob("b")), Chunk.fromIterable)], [2])
    }))

  test("bytes that a transaction writes are a part of it", (store) =>
    Effect.gen(function*() {
      const write = (key: string) => store.writeBlob(key, Stream.make(new Uint8Array([1, 2])))
      const size = (key: string) => Stream.runFold(store.readBlob(key), 0, (sum, { length }) => sum + length)
      yield* Effect.exit(store.transaction(Effect.zipRight(write("a"), Effect.fail("no"))))
      assert.strictEqual(yield* size("a"), 0)
      yield* store.transaction(write("a"))
      assert.strictEqual(yield* size("a"), 2)
    }))

  test("a document that is read to be updated is changed by one transaction at a time", (store) =>
    Effect.gen(function*() {
      yield* store.insert(notes, note("n", { text: "0" }))
      const increment = store.transaction(Effect.gen(function*() {
        const value = Option.getOrThrow(yield* store.get(notes, "n", "a", "update"))
        yield* Effect.yieldNow()
        yield* store.set(notes, { ...value, text: String(Number(value.text) + 1) })
      }))
      yield* Effect.all(Array.from({ length: 40 }, () => increment), { concurrency: "unbounded" })
      assert.strictEqual(Option.getOrThrow(yield* store.get(notes, "n", "a")).text, "40")
    }))

  test("a document that is shared stays until the transactions end that share it", (store) =>
    Effect.gen(function*() {
      yield* store.insert(notes, note("parent"))
      const add = (id: string) =>
        store.transaction(Effect.gen(function*() {
          const parent = yield* store.get(notes, "parent", "a", "share")
          if (Option.isNone(parent)) return
          yield* Effect.yieldNow()
          yield* store.insert(notes, note(id, { book: "parent" }))
        }))
      const remove = store.transaction(Effect.gen(function*() {
        yield* store.get(notes, "parent", "a", "update")
        for (const { id } of yield* store.find(notes, { book: "parent" })) yield* store.remove(notes, id, "parent")
        yield* store.remove(notes, "parent", "a")
      }))
      const all = Array.from({ length: 20 }, (_, index) => index === 10 ? remove : add(`${index}`))
      yield* Effect.all(all, { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* store.find(notes, {}), [])
    }))
})
