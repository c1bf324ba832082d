import { Assistants, Batches, FineTuning, Messages, Runs, RunSteps, Threads } from "@effect-openai/core"
import { type Emulator, Model, Store } from "@effect-openai/emulator"
import * as PgStore from "@effect-openai/emulator/PgStore"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Option, Queue, Redacted, Scope, Stream } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runs } from "../src/internal/documents.js"
import { ok, refused } from "./calls.js"
import { missing, query, reason, schema, urlOf } from "./postgres.js"
import { form, inProcess, send, type Services } from "./utils.js"

interface Note extends Store.Document {
  readonly created_at: number
  readonly text: string
}

const notes = Store.collection<Note>({ name: "note" })

const note = (text: string): Note => ({ id: "a", created_at: 0, text })

const work = (key: string, id = key): Store.Work => ({ key, kind: "run", id, parent: "thread", project: "" })

const test = (name: string, run: Effect.Effect<void, unknown, Scope.Scope>) => it.scopedLive(name, () => run, 60_000)

describe.skipIf(missing !== undefined)(`Nodes${reason}`, () => {
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

  test(
    "the connection that listens ends without an unhandled error, also where the database ends it too",
    Effect.gen(function*() {
      const { name, server } = yield* schema
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "pg-"))),
        (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
      )
      const socketIn = (directory: string) => `${directory}/.s.PGSQL.${server.port}`
      const fields = Buffer.from("SFATAL\0C57P01\0Mterminating connection\0\0")
      const failure = Buffer.concat([Buffer.from("E\0\0\0\0"), fields])
      failure.writeInt32BE(fields.length + 4, 1)
      const hasEnded = yield* Deferred.make<void>()
      const proxy = createServer((socket) => {
        let listens = false
        const upstream = connect(socketIn(server.directory))
        upstream.on("data", (data) => socket.write(data)).on("error", () => {})
        socket.on("data", (data) => {
          listens ||= data.includes("LISTEN ")
          // The last message of a client says that it ends.
          if (listens && data.at(-5) === "X".charCodeAt(0)) socket.write(failure)
          upstream.write(data)
        }).on("error", () => {}).on("close", () => {
          upstream.destroy()
          if (listens) Deferred.unsafeDone(hasEnded, Exit.void)
        })
      })
      yield* Effect.acquireRelease(
        Effect.async<void>((resume) => {
          proxy.listen(socketIn(directory), () => resume(Effect.void))
        }),
        () => Effect.sync(() => proxy.close())
      )
      const errors: Array<Error> = []
      const onError = (error: Error) => errors.push(error)
      yield* Effect.acquireRelease(
        Effect.sync(() => process.on("uncaughtExceptionMonitor", onError)),
        () => Effect.sync(() => process.off("uncaughtExceptionMonitor", onError))
      )
      yield* Effect.scoped(PgStore.make({ url: Redacted.make(urlOf({ ...server, directory }, name)) }))
      yield* Deferred.await(hasEnded)
      assert.deepStrictEqual(errors, [])
    })
  )

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
        assert.strictEqual(yield* Queue.take(left), "")
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

  // ---------------------------------------------------------------------------
  // work
  // ---------------------------------------------------------------------------

  /** A model that says one text, and waits in its middle. */
  const makeModel = (text: string) =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const waits = Effect.zipRight(
        Deferred.succeed(asked, void 0),
        Effect.onInterrupt(Deferred.await(go), () => Deferred.succeed(interrupted, void 0))
      )
      const pieces = Stream.concat(Stream.make(`${text} begins, `), Stream.fromEffect(Effect.as(waits, `${text} ends`)))
      const model: Model.Service = { reply: () => Effect.succeed(Model.textStream(pieces)) }
      return {
        asked: Deferred.await(asked),
        interrupted: Deferred.await(interrupted),
        go: Deferred.succeed(go, void 0),
        model
      }
    })

  const emulator = (store: Store.Service, options: Emulator.Options<never, never>) =>
    Effect.map(
      Layer.build(inProcess.layer({ ...options, store: Layer.succeed(Store.Store, store) })),
      (context) => <A, E>(effect: Effect.Effect<A, E, Services>) => Effect.provide(effect, context)
    )

  const withModel = (model: Model.Service) => ({ model: Layer.succeed(Model.Model, model) })

  /** A process that does not hear of the others. */
  const deaf = (store: Store.Service, nodes: Partial<Store.Nodes> = {}): Store.Service => ({
    ...store,
    nodes: {
      ...store.nodes!,
      notifications: () => Queue.unbounded<string | undefined>(),
      takeOver: () => Effect.succeed([]),
      ...nodes
    }
  })

  /** Two processes, each with its words. */
  const twoAtWork = (deafened?: (store: Store.Service) => Store.Service) =>
    Effect.gen(function*() {
      const { a, b, sql } = yield* two
      const [modelA, modelB] = [yield* makeModel("A"), yield* makeModel("B")]
      const closing = yield* Scope.make()
      yield* Effect.addFinalizer(() => Scope.close(closing, Exit.void))
      const onA = yield* Scope.extend(emulator(deafened?.(a.store) ?? a.store, withModel(modelA.model)), closing)
      const onB = yield* emulator(b.store, withModel(modelB.model))
      /** Lets B find the work of A, which is seen no more, until something happens. */
      const takeOver = <A>(until: Effect.Effect<A>) =>
        Effect.raceFirst(
          until,
          Effect.forever(
            stop(sql, a.nodes.id).pipe(
              // A failure of the database fails the test.
              Effect.zipRight(Effect.orDie(b.nodes.notify("left", ""))),
              Effect.zipRight(Effect.sleep("100 millis"))
            )
          )
        )
      return { a, b, onA, onB, modelA, modelB, closeA: Scope.close(closing, Exit.void), takeOver, sql }
    })

  const begin = (...tools: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const { id: assistant_id } = yield* ok(Assistants.create, {
        model: "gpt-4",
        tools: tools.map((name) => ({ type: "function", function: { name } }))
      })
      const thread = { messages: [{ role: "user", content: "Hi" }] }
      const { id: run_id, thread_id } = yield* ok(Runs.createThreadAndRun, { assistant_id, thread })
      return { thread_id, run_id } as { readonly thread_id: string; readonly run_id: string }
    })

  type Path = Effect.Effect.Success<ReturnType<typeof begin>>

  /** Polls a run until it has a status. */
  const reaches = (path: Path, status: string) =>
    Effect.repeat(Effect.zipRight(Effect.sleep("20 millis"), ok(Runs.retrieve, path)), {
      until: (run) => run.status === status
    }).pipe(Effect.timeoutFail({ duration: "50 seconds", onTimeout: () => `never ${status}` }))

  const texts = ({ thread_id }: Path) =>
    Effect.map(
      ok(Messages.list, { thread_id, order: "asc" }),
      ({ data }) => data.map(({ content }: any) => content.map(({ text }: any) => text.value).join(""))
    )

  describe("work", () => {
    for (const isHeard of [true, false]) {
      test(
        `a run is cancelled by another process${isHeard ? "" : ", where its own is stopped"}`,
        Effect.gen(function*() {
          const { modelA, onA, onB } = yield* twoAtWork(isHeard ? undefined : deaf)
          const path = yield* onA(begin())
          yield* modelA.asked
          yield* onB(ok(Runs.cancel, path))
          assert.isNull((yield* onB(reaches(path, "cancelled"))).completed_at)
          if (isHeard) yield* modelA.interrupted
        })
      )
    }

    test(
      "a run stops where another process deletes its thread",
      Effect.gen(function*() {
        const { modelA, onA, onB } = yield* twoAtWork()
        const { thread_id } = yield* onA(begin())
        yield* modelA.asked
        yield* onB(ok(Threads.delete, { thread_id }))
        yield* modelA.interrupted
      })
    )

    test(
      "a run continues in the process that takes the outputs of its functions",
      Effect.gen(function*() {
        const { a, b } = yield* two
        const calls: Model.Service = {
          reply: () => Effect.succeed(Model.functionCalls({ name: "f", arguments: "{}" }))
        }
        const onA = yield* emulator(a.store, withModel(calls))
        const onB = yield* emulator(b.store, withModel({ reply: () => Effect.succeed(Model.text("B has it")) }))
        const path = yield* onA(begin("f"))
        const run = yield* onB(reaches(path, "requires_action"))
        const [{ id: tool_call_id }] = run.required_action.submit_tool_outputs.tool_calls
        yield* onB(ok(Runs.submitToolOutputs, { ...path, tool_outputs: [{ tool_call_id, output: "1" }] }))
        yield* onA(reaches(path, "completed"))
        assert.deepStrictEqual(yield* onA(texts(path)), ["Hi", "B has it"])
      })
    )

    /**
     * A process is stopped while it works on a run, another one takes over, and the first comes back before the other has
     * ended. Returns what the messages are.
     */
    const comesBack = (fence: (nodes: Store.Nodes) => Store.Nodes["fence"]) =>
      Effect.gen(function*() {
        const tried = yield* Deferred.make<void>()
        const { modelA, modelB, onA, onB, takeOver } = yield* twoAtWork((store) =>
          deaf(store, {
            fence: (lease) => (effect) =>
              Effect.onExit(fence(store.nodes!)(lease)(effect), () => Deferred.succeed(tried, void 0))
          })
        )
        const path = yield* onA(begin())
        yield* modelA.asked
        yield* takeOver(modelB.asked)
        yield* modelA.go
        yield* Deferred.await(tried)
        const before = yield* onB(texts(path))
        yield* modelB.go
        yield* onB(reaches(path, "completed"))
        return [before, yield* onB(texts(path))]
      })

    test(
      "a process that was stopped and comes back writes nothing",
      Effect.gen(function*() {
        const [before, after] = yield* comesBack(({ fence }) => fence)
        assert.deepStrictEqual(before, ["Hi"])
        assert.deepStrictEqual(after, ["Hi", "B begins, B ends"])
      })
    )

    test(
      "without the fence, a process that was stopped and comes back writes its words",
      Effect.gen(function*() {
        const [before, after] = yield* comesBack(() => () => (effect) => effect)
        assert.deepStrictEqual(before, ["Hi", "A begins, A ends"])
        assert.deepStrictEqual(after, ["Hi", "A begins, A ends"])
      })
    )

    test(
      "a process that closes leaves its runs to another one",
      Effect.gen(function*() {
        const { closeA, modelA, modelB, onA, onB } = yield* twoAtWork()
        const path = yield* onA(begin())
        yield* modelA.asked
        yield* closeA
        yield* modelB.asked
        yield* modelB.go
        yield* onB(reaches(path, "completed"))
        assert.deepStrictEqual(yield* onB(texts(path)), ["Hi", "B begins, B ends"])
      })
    )

    test(
      "a process that the store can't see stops its work, and it is resumed when the store sees it again",
      Effect.gen(function*() {
        const { a } = yield* two
        let isSeen = true
        const model = yield* makeModel("A")
        let asked = 0
        const onA = yield* emulator(
          {
            ...a.store,
            nodes: {
              ...a.nodes,
              sinceSeen: Effect.sync(() => isSeen ? 0 : Infinity),
              renew: Effect.suspend(() => isSeen ? Effect.void : new Store.StoreError({ message: "lost" }))
            }
          },
          withModel({ reply: (prompt) => Effect.zipRight(Effect.sync(() => asked++), model.model.reply(prompt)) })
        )
        const path = yield* onA(begin())
        yield* model.asked
        isSeen = false
        yield* model.interrupted
        isSeen = true
        yield* model.go
        yield* onA(reaches(path, "completed"))
        assert.strictEqual(asked, 2)
        assert.deepStrictEqual(yield* onA(texts(path)), ["Hi", "A begins, A ends"])
      })
    )

    it.scoped(
      "a run makes one step for each request of another process that reads what it changes, or that its lock refuses",
      () =>
        Effect.gen(function*() {
          const { a, b } = yield* two
          const onA = yield* emulator(a.store, {})
          const onB = yield* emulator(b.store, {})
          const looks: ReadonlyArray<(path: Path) => Effect.Effect<unknown, unknown, Services>> = [
            (path) => ok(Runs.retrieve, path),
            ({ thread_id }) => ok(Runs.list, { thread_id }),
            (path) => ok(RunSteps.list, path),
            ({ thread_id }) => ok(Messages.list, { thread_id }),
            ({ thread_id }) => refused(400, Messages.create, { thread_id, role: "user", content: "Hi" })
          ]
          for (const look of looks) {
            const path = yield* onA(begin())
            const run = Effect.map(b.store.get(runs, path.run_id, path.thread_id), Option.getOrThrow)
            // Time does not pass for the emulators.
            for (const status of ["queued", "in_progress"]) {
              assert.strictEqual((yield* run).status, status)
              yield* onB(look(path))
              yield* Effect.repeat(run, { until: (run) => run.status !== status })
            }
            assert.strictEqual((yield* run).status, "completed")
          }
        }),
      60_000
    )

    test(
      "batches and fine-tuning jobs continue in the process that takes them over",
      Effect.gen(function*() {
        const { onA, onB, takeOver } = yield* twoAtWork(deaf)
        const upload = (purpose: string, lines: ReadonlyArray<unknown>) =>
          Effect.map(
            send(
              "POST",
              "/files",
              form(
                ["name=\"purpose\"", purpose],
                ["name=\"file\"; filename=\"a.jsonl\"", lines.map((line) => JSON.stringify(line)).join("\n")]
              )
            ),
            ({ json }) => json.id as string
          )
        const messages = [{ role: "user", content: "Hi" }, { role: "assistant", content: "Hello" }]
        const url = "/v1/embeddings"
        const body = { model: "text-embedding-3-small", input: "Hi" }
        const { batch_id, fine_tuning_job_id } = yield* onA(Effect.gen(function*() {
          const input_file_id = yield* upload("batch", [{ custom_id: "1", method: "POST", url, body }])
          const training_file = yield* upload("fine-tune", Array.from({ length: 10 }, () => ({ messages })))
          const batch = yield* ok(Batches.create, { input_file_id, endpoint: url, completion_window: "24h" })
          const job = yield* ok(FineTuning.create, { model: "gpt-4o-mini", training_file })
          return { batch_id: batch.id as string, fine_tuning_job_id: job.id as string }
        }))
        const ends = <A extends { readonly status: string }, E>(
          effect: Effect.Effect<A, E, Services>,
          status: string
        ) =>
          onB(
            Effect.repeat(Effect.zipRight(Effect.sleep("20 millis"), effect), { until: (one) => one.status === status })
          )
        const ended = Effect.zip(
          ends(ok(Batches.retrieve, { batch_id }), "completed"),
          ends(ok(FineTuning.retrieve, { fine_tuning_job_id }), "succeeded")
        )
        // A request that fails fails the test.
        const [batch, job] = yield* takeOver(Effect.orDie(ended))
        assert.deepStrictEqual(batch.request_counts, { total: 1, completed: 1, failed: 0 })
        assert.isString(job.fine_tuned_model)
      })
    )
  })
})
