import { Assistants, Messages, Runs, Threads, Uploads } from "@effect-openai/client"
import { Emulator, Model, Store } from "@effect-openai/emulator"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, FastCheck, Layer, Stream, TestClock } from "effect"
import { withTimes } from "../src/internal/clocks.js"
import * as DatabaseClock from "../src/internal/postgres/clock.js"
import * as Time from "../src/internal/time.js"
import { describeEach } from "./describeEach.js"
import { inProcess, type Services, stores, withEmulator } from "./utils.js"

const hour = 3_600_000

/** The clock of the test, whose wall time can be set, and not its nanoseconds. */
const settable = Effect.map(Effect.clock, (clock) => {
  const state = { ahead: 0 }
  const read = () => clock.unsafeCurrentTimeMillis() + state.ahead
  return { clock: withTimes(clock, read), state }
})

const begin = TestClock.setTime(1_700_000_000_000)

const collect = <A, E, R>(stream: Stream.Stream<A, E, R>) => Effect.map(Stream.runCollect(stream), (all) => [...all])

/** What is created while the clock is set forth and back, in the order of its creation, and as it is listed. */
const createAll = (set: (ahead: number) => Effect.Effect<void>) =>
  Effect.gen(function*() {
    const created: Array<string> = []
    const { id: thread_id } = yield* Threads.create()
    for (const ahead of [0, 2 * hour, hour, -hour, 3 * hour, 0]) {
      yield* set(ahead)
      yield* TestClock.adjust("1 second")
      created.push((yield* Messages.create({ thread_id, role: "user", content: "Hello" })).id)
    }
    return { created, listed: yield* collect(Messages.list.items({ thread_id, order: "asc" })) }
  })

describeEach(stores)("$name", ({ layer }) => {
  it.scoped("a clock that is set back leaves lists in the order of creation", () =>
    Effect.gen(function*() {
      yield* begin
      const { clock, state } = yield* settable
      const { created, listed } = yield* createAll((ahead) =>
        Effect.sync(() => {
          state.ahead = ahead
        })
      ).pipe(withEmulator({ clock }))
      assert.deepStrictEqual(listed.map(({ id }) => id), created)
      const times = listed.map(({ created_at = NaN }) => created_at)
      assert.deepStrictEqual(times, [...times].sort((left, right) => left - right))
    }).pipe(Effect.provide(layer)))

  it.scoped("another emulator on the store, whose clock is behind, continues with its time", () =>
    Effect.gen(function*() {
      yield* begin
      const create = Effect.map(Assistants.create({ model: "gpt-4" }), ({ created_at }) => created_at)
      const first = yield* withEmulator({ clock: Emulator.clockAt(3 * hour) })(create)
      const second = yield* withEmulator({ clock: Emulator.clockAt(hour) })(create)
      assert.deepStrictEqual([first, second], [3 * 3600, 3 * 3600])
    }).pipe(Effect.provide(layer)))
})

it.scoped("what expires does so after its time, also where the clock is set back", () =>
  Effect.gen(function*() {
    yield* begin
    const { clock, state } = yield* settable
    yield* Effect.gen(function*() {
      const { id } = yield* Uploads.create({ purpose: "assistants", filename: "a", bytes: 1, mime_type: "text/plain" })
      state.ahead = -2 * hour
      yield* TestClock.adjust("30 minutes")
      yield* Uploads.cancel({ upload_id: id })
      const other = yield* Uploads.create({ purpose: "assistants", filename: "b", bytes: 1, mime_type: "text/plain" })
      state.ahead = -4 * hour
      yield* TestClock.adjust("1 hour")
      const { message } = yield* Effect.flip(Uploads.cancel({ upload_id: other.id }))
      assert.include(message, "expired")
    }).pipe(Effect.provide(inProcess.layer({ clock })))
  }))

describe("a store on disk", () => {
  const withFolder = <A, E>(
    use: (open: (clock: Clock.Clock) => Layer.Layer<Services, SqliteStore.SqliteStoreError>) => Effect.Effect<A, E>
  ) =>
    Effect.gen(function*() {
      const filename = `${yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()}/data.db`
      return yield* use((clock) =>
        inProcess.layer({
          clock,
          model: Model.layerScripted,
          store: Layer.provide(SqliteStore.layer({ filename }), NodeContext.layer)
        })
      )
    }).pipe(Effect.provide(NodeContext.layer))

  it.scoped("keeps its time over restarts", () =>
    withFolder((open) =>
      Effect.gen(function*() {
        const path = yield* Effect.gen(function*() {
          const { id: assistant_id } = yield* Assistants.create({
            model: "gpt-4",
            tools: [{ type: "function", function: { name: "f" } }]
          })
          const run = yield* Runs.createThreadAndRun({
            assistant_id,
            thread: { messages: [{ role: "user", content: "f" }] }
          })
          return { thread_id: run.thread_id ?? "", run_id: run.id }
        }).pipe(Effect.provide(open(Emulator.clockAt(hour))))
        // The run starts at a time at which no object is created.
        const { started_at } = yield* Runs.retrieve(path).pipe(Effect.provide(open(Emulator.clockAt(hour + 60_000))))
        assert.strictEqual(started_at, 3660)
        const { cancelled_at } = yield* Effect.zipRight(
          Effect.ignore(Runs.cancel(path)),
          Runs.poll(path)
        ).pipe(Effect.provide(open(Emulator.clockAt(0))))
        assert.strictEqual(cancelled_at, 3660)
      })
    ))
})

it.effect.prop(
  "the time of a store never goes back, is its clock's unless that is set back, and then passes as time does",
  { steps: FastCheck.array(FastCheck.tuple(FastCheck.integer({ min: -10, max: 10 }), FastCheck.nat(10))) },
  ({ steps }) =>
    Effect.gen(function*() {
      const store = Context.get(yield* Layer.build(Layer.fresh(Store.layerMemory)), Store.Store)
      const now = { millis: 0, nanos: 0 }
      const clock = Time.make(store).clock(
        withTimes(Clock.make(), () => now.millis, () => BigInt(now.nanos) * 1_000_000n)
      )
      let last = clock.unsafeCurrentTimeMillis()
      for (const [step, elapsed] of steps) {
        const isAhead = last > now.millis
        now.millis += step + elapsed
        now.nanos += elapsed
        const time = yield* clock.currentTimeMillis
        assert.strictEqual(time, Math.max(now.millis, last + (isAhead ? elapsed : 0)))
        last = time
      }
    }).pipe(Effect.scoped)
)

it.scoped("time continues where a database sets the clock back", () =>
  Effect.gen(function*() {
    const store = Context.get(yield* Layer.build(Layer.fresh(Store.layerMemory)), Store.Store)
    const database = DatabaseClock.make(yield* Effect.clock)
    const clock = Time.make(store).clock(database.clock)
    database.set(hour, 0, 0)
    assert.strictEqual(clock.unsafeCurrentTimeMillis(), hour)
    const nanos = clock.unsafeCurrentTimeNanos()
    database.set(hour - 500, 0, 0)
    assert.strictEqual(clock.unsafeCurrentTimeMillis(), hour)
    yield* TestClock.adjust(10)
    assert.strictEqual(clock.unsafeCurrentTimeMillis(), hour + 10)
    assert.strictEqual(clock.unsafeCurrentTimeNanos() - nanos, 10_000_000n)
    yield* TestClock.adjust(1000)
    assert.strictEqual(database.clock.unsafeCurrentTimeMillis(), hour + 510)
    assert.strictEqual(clock.unsafeCurrentTimeMillis(), hour + 1010)
  }))

it.scoped("the time of a clock is kept where it is not the store's own", () =>
  Effect.gen(function*() {
    const memory = Context.get(yield* Layer.build(Layer.fresh(Store.layerMemory)), Store.Store)
    const own = Emulator.clockAt(hour)
    const store = { ...memory, clock: own }
    const keptBy = (clock: Clock.Clock) =>
      Effect.gen(function*() {
        const time = Time.make(store)
        time.clock(clock).unsafeCurrentTimeMillis()
        yield* time.keep(Effect.void)
        const next = Time.make(store)
        yield* next.restore
        return next.clock(Emulator.clockAt(0)).unsafeCurrentTimeMillis()
      })
    assert.strictEqual(yield* keptBy(own), 0)
    assert.strictEqual(yield* keptBy(Emulator.clockAt(3 * hour)), 3 * hour)
  }))

it.scoped("a transaction that is undone keeps no time", () =>
  Effect.gen(function*() {
    const store = Context.get(yield* Layer.build(Layer.fresh(Store.layerMemory)), Store.Store)
    const time = Time.make(store)
    time.clock(Emulator.clockAt(hour)).unsafeCurrentTimeMillis()
    yield* Effect.ignore(time.keep(Effect.fail("undone")))
    const restored = Effect.gen(function*() {
      const other = Time.make(store)
      yield* other.restore
      return other.clock(Emulator.clockAt(0)).unsafeCurrentTimeMillis()
    })
    assert.strictEqual(yield* restored, 0)
    yield* time.keep(Effect.void)
    assert.strictEqual(yield* restored, hour)
  }))
