import { RunStream } from "@effect-openai/client"
import { Assistants, Messages, Runs, Threads } from "@effect-openai/core"
import { Model, Store } from "@effect-openai/emulator"
import * as PgStore from "@effect-openai/emulator/PgStore"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Queue, Redacted, Scope, Stream } from "effect"
import * as Caller from "../src/internal/caller.js"
import * as EventLogs from "../src/internal/engine/eventLogs.js"
import { isLast, keyOfWork } from "../src/internal/engine/run.js"
import { collect, events, eventsAfter, eventsPath, ok, streamed } from "./calls.js"
import { describeEach } from "./describeEach.js"
import * as postgres from "./postgres.js"
import type { Event } from "./success.js"
import { inProcess, send, stores } from "./utils.js"

/** A model that writes the words that a test gives it, one piece each. */
const writer = Effect.gen(function*() {
  const words = yield* Queue.unbounded<string | undefined>()
  const asked = yield* Deferred.make<void>()
  const pieces = Stream.takeWhile(
    Stream.fromQueue(words, { maxChunkSize: 1 }),
    (word): word is string => word !== undefined
  )
  return {
    write: (...some: ReadonlyArray<string>) => words.offerAll(some),
    end: words.offer(undefined),
    asked: Deferred.await(asked),
    model: Layer.succeed(Model.Model, {
      reply: () => Effect.as(Deferred.succeed(asked, void 0), Model.textStream(pieces))
    })
  }
})

/** A model that calls a function, then runs code, and then replies. */
const usingTools = Layer.succeed(Model.Model, {
  reply: ({ toolCalls }: Model.Prompt) =>
    Effect.succeed(
      toolCalls.length === 0
        ? Model.functionCalls({ name: "f", arguments: "{\"x\":1}" }, { name: "g", arguments: "{}" })
        : toolCalls.length === 2
        ? Model.codeInterpreter("1 + 1", "2")
        : Model.text("That makes two.")
    )
})

/** The outputs of the functions that the last event asks for. */
const outputsFor = (all: ReadonlyArray<Event>) =>
  all.at(-1)!.data.required_action.submit_tool_outputs.tool_calls.map(({ id }: any) => ({ tool_call_id: id }))

/** An assistant and a thread with one message. */
const begin = Effect.gen(function*() {
  const tools = [{ type: "function", function: { name: "f" } }, { type: "code_interpreter" }]
  const { id: assistant_id } = yield* ok(Assistants.create, { model: "gpt-4o", tools })
  const { id: thread_id } = yield* ok(Threads.create, { messages: [{ role: "user", content: "Hi" }] })
  return { assistant_id, thread_id } as const
})

const textOf = ({ content }: any): string => content.map(({ text }: any) => text.value).join("")

/** Whether the events are those of one run from its first to its last one, and add up to its messages. */
const check = (all: ReadonlyArray<Event>) => {
  assert.deepStrictEqual(all.map(({ id }) => id), all.map((_, index) => index + 1))
  const names = all.map(({ event }) => event!)
  assert.deepStrictEqual(names.filter((event) => isLast({ event })), names.slice(-1))
  const texts = new Map<string, string>()
  const ended = new Set<string>()
  for (const { data, event } of all) {
    if (!event!.startsWith("thread.message.")) continue
    const { id } = data
    assert.isFalse(ended.has(id), `${event} comes after the end of its message`)
    switch (event) {
      case "thread.message.created":
        assert.isFalse(texts.has(id), "a message is created twice")
        texts.set(id, "")
        break
      case "thread.message.delta":
        for (const { text } of data.delta.content) texts.set(id, texts.get(id)! + (text.value ?? ""))
        break
      case "thread.message.completed":
      case "thread.message.incomplete":
        assert.strictEqual(texts.get(id), textOf(data))
        ended.add(id)
    }
  }
  assert.deepStrictEqual([...ended], [...texts.keys()])
  // Without the events that have the complete messages. Events of a response have no type here.
  const { messages } = all.filter(({ event }) => !/message\.(?:in)?complete/.test(event!)).reduce(
    (snapshot, event) => RunStream.apply(snapshot, event as never),
    RunStream.empty
  )
  assert.deepStrictEqual(messages.map((message) => [message.id, textOf(message)]), [...texts])
  return { texts: [...texts.values()], end: names.at(-1) }
}

const pathOf = (all: ReadonlyArray<Event>) => {
  const { id: run_id, thread_id } = all.find(({ event }) => event === "thread.run.created")!.data
  return { run_id, thread_id } as const
}

/** Takes events until one is as wanted. */
const takeUntil = (taken: Queue.Dequeue<Event>, isWanted: (event: Event) => boolean) =>
  Effect.repeat(Queue.take(taken), { until: isWanted })

/** Reads a stream in the background, into a queue too. */
const reading = <E, R>(stream: Stream.Stream<Event, E, R>) =>
  Effect.gen(function*() {
    const taken = yield* Queue.unbounded<Event>()
    const fiber = yield* Effect.fork(collect(Stream.tap(stream, (event) => taken.offer(event))))
    const until = (isWanted: (event: Event) => boolean) => takeUntil(taken, isWanted)
    return {
      all: Fiber.join(fiber),
      until,
      untilText: (text: string) =>
        until(({ data, event }) =>
          event === "thread.message.delta" && data.delta.content.some((part: any) => part.text.value === text)
        )
    }
  })

describeEach(stores)("The events of a run, $name", ({ isSlow, layer }) => {
  it.effect("have numbers, and can be read again from each", () =>
    Effect.gen(function*() {
      const first = yield* streamed(Runs.create, yield* begin)
      const run = pathOf(first)
      const rest = yield* streamed(Runs.submitToolOutputs, { ...run, tool_outputs: outputsFor(first) })
      const all = [...first, ...rest]
      assert.deepStrictEqual(all.map(({ id }) => id), all.map((_, index) => index + 1))
      assert.strictEqual(all.at(-1)!.event, "thread.run.completed")
      for (let last = 0; last <= all.length; last += isSlow ? 3 : 1) {
        const rest = all.slice(last)
        const end = rest.findIndex(({ event }) => isLast({ event: event! }))
        assert.deepStrictEqual(yield* collect(eventsAfter(run, last)), rest.slice(0, end + 1))
      }
    }).pipe(Effect.provide(inProcess.layer({ store: layer, model: usingTools }))), 60_000)

  it.effect("are read while they come", () =>
    Effect.gen(function*() {
      const { end, model, write } = yield* writer
      yield* Effect.gen(function*() {
        const first = yield* reading(events(Runs.create, yield* begin))
        const { data: { id: run_id, thread_id } } = yield* first.until(({ event }) => event === "thread.run.created")
        const second = yield* reading(eventsAfter({ run_id, thread_id }))
        yield* write("one ")
        yield* Effect.all([first.untilText("one "), second.untilText("one ")])
        const third = yield* reading(eventsAfter({ run_id, thread_id }, 4))
        yield* write("two ")
        yield* Effect.all([second.untilText("two "), third.untilText("two ")])
        yield* end
        const all = yield* first.all
        assert.deepStrictEqual(check(all), { texts: ["one two "], end: "thread.run.completed" })
        assert.deepStrictEqual(yield* second.all, all)
        assert.deepStrictEqual(yield* third.all, all.slice(4))
      }).pipe(Effect.provide(inProcess.layer({ store: layer, model })))
    }), 60_000)

  it.effect("of a run that is cancelled add up to its message", () =>
    Effect.gen(function*() {
      const { model, write } = yield* writer
      yield* Effect.gen(function*() {
        const path = yield* begin
        const first = yield* reading(events(Runs.create, path))
        const { data: { id: run_id, thread_id } } = yield* first.until(({ event }) => event === "thread.run.created")
        yield* write(...Array.from("abcdefghijkl"))
        yield* first.untilText("l")
        yield* ok(Runs.cancel, { run_id, thread_id })
        const all = yield* first.all
        assert.deepStrictEqual(check(all), { texts: ["abcdefghijkl"], end: "thread.run.cancelled" })
        const { data: [written] } = yield* ok(Messages.list, { thread_id })
        assert.strictEqual(textOf(written), "abcdefghijkl")
        assert.deepStrictEqual(yield* collect(eventsAfter({ run_id, thread_id }, 5)), all.slice(5))
      }).pipe(Effect.provide(inProcess.layer({ store: layer, model })))
    }), 60_000)

  it.effect("come where outputs are submitted without a stream too", () =>
    Effect.gen(function*() {
      const first = yield* streamed(Runs.create, yield* begin)
      const run = pathOf(first)
      const following = yield* reading(eventsAfter(run, first.length))
      yield* ok(Runs.submitToolOutputs, { ...run, tool_outputs: outputsFor(first) })
      yield* Effect.repeat(ok(Runs.retrieve, run), { until: ({ status }) => status === "completed" })
      const rest = yield* following.all
      assert.strictEqual(rest[0]!.event, "thread.run.step.completed")
      assert.strictEqual(rest.at(-1)!.event, "thread.run.completed")
      assert.deepStrictEqual(rest.map(({ id }) => id), rest.map((_, index) => first.length + 1 + index))
    }).pipe(Effect.provide(inProcess.layer({ store: layer, model: usingTools }))), 60_000)

  it.effect("are refused where they are not, and to others", () =>
    Effect.gen(function*() {
      const path = yield* begin
      const run = pathOf(yield* streamed(Runs.create, path))
      const ask = (last?: string, given = run, headers: Record<string, string | undefined> = {}, method = "GET") =>
        Effect.map(
          send(method, eventsPath(given), { headers: { "last-event-id": last, ...headers } }),
          ({ json, status }) => [status, json?.error.message] as const
        )
      for (const last of ["x", "-1", "1.5", "1e3", "99999999999"]) {
        assert.deepStrictEqual(yield* ask(last), [
          400,
          "The header 'Last-Event-ID' must be the ID of an event of the run."
        ])
      }
      assert.deepStrictEqual(yield* ask("1000"), [400, `Run ${run.run_id} has no event 1000.`])
      assert.deepStrictEqual(yield* ask(undefined, { ...run, run_id: "run_x" }), [
        404,
        "No run found with id 'run_x'."
      ])
      const { id: run_id } = yield* ok(Runs.create, path)
      assert.deepStrictEqual(yield* ask(undefined, { ...run, run_id }), [
        404,
        `Run ${run_id} has no events. They are kept for runs with 'stream': true, for an hour.`
      ])
      assert.strictEqual((yield* ask(undefined, run, { authorization: undefined }))[0], 401)
      assert.strictEqual((yield* ask(undefined, run, {}, "POST"))[0], 405)
    }).pipe(Effect.provide(inProcess.layer({ store: layer }))), 60_000)
})

it.effect("The events of runs that have ended are forgotten in memory where others need their place", () =>
  Effect.gen(function*() {
    const logs = EventLogs.inMemory()
    // The logs read the name of an event alone, so these have no data of the contract.
    const add = (key: string, last: string) =>
      Effect.flatten(logs.append(
        key,
        Array.from({ length: 10_000 }, (_, index) =>
          ({ event: index === 9_999 ? last : "thread.message.delta", data: {} }) as never),
        true
      ))
    const keys = ["a", "b", "c", "d", "e", "f"]
    assert.strictEqual(yield* add("open", "thread.run.in_progress"), 10_000)
    for (const key of keys) yield* add(key, "thread.run.completed")
    const left = yield* Effect.filter(
      ["open", ...keys],
      (key) => Effect.map(logs.read(key, 9_999), ({ length }) => length > 0)
    )
    assert.deepStrictEqual(left, ["open", "c", "d", "e", "f"])
    assert.isUndefined(yield* Effect.flatten(logs.append("a", [{ event: "x", data: {} } as never], false)))
  }))

// -----------------------------------------------------------------------------
// several processes
// -----------------------------------------------------------------------------

describe.skipIf(postgres.missing !== undefined)(`The events of a run, in two processes${postgres.reason}`, () => {
  const test = (name: string, run: Effect.Effect<void, unknown, Scope.Scope>) => it.scopedLive(name, () => run, 60_000)

  /** A process that does not take back what it has lost. */
  const isStopped = (store: Store.Service, nodes: Partial<Store.Nodes> = {}): Store.Service => ({
    ...store,
    nodes: { ...store.nodes!, takeOver: () => Effect.succeed([]), ...nodes }
  })

  /** Two emulators on a database, each with its own words. `deafen` can keep the first from hearing of the other. */
  const two = (deafen = isStopped) =>
    Effect.gen(function*() {
      const { url } = yield* postgres.schema
      const open = PgStore.make({ url, clock: "process" })
      const [storeA, storeB] = [yield* open, yield* open]
      const [a, b] = [yield* writer, yield* writer]
      const emulator = (store: Store.Service, model: Layer.Layer<Model.Model>) =>
        Effect.map(
          Layer.build(inProcess.layer({ model, store: Layer.succeed(Store.Store, store) })),
          (context) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, context)
        )
      const closing = yield* Scope.make()
      yield* Effect.addFinalizer(() => Scope.close(closing, Exit.void))
      const onA = yield* Scope.extend(emulator(deafen(storeA), a.model), closing)
      const onB = yield* emulator(storeB, b.model)
      const sql = (text: string) => postgres.query(Redacted.value(url), text)
      /** Lets B find that A is seen no more, until B has the work. */
      const takeOver = Effect.raceFirst(
        b.asked,
        Effect.forever(Effect.zipRight(
          sql(`UPDATE nodes SET seen_at = seen_at - interval '1 minute' WHERE id = '${storeA.nodes!.id}'`),
          Effect.zipRight(storeB.nodes!.notify("left", ""), Effect.sleep("50 millis"))
        ))
      )
      /** A run on A that has written some words, its readers on A and on B, and where it is. */
      const started = (...words: ReadonlyArray<string>) =>
        Effect.gen(function*() {
          const atA = yield* onA(reading(events(Runs.create, yield* onA(begin))))
          const { data: { id: run_id, thread_id } } = yield* atA.until(({ event }) => event === "thread.run.created")
          const path = { run_id, thread_id } as { readonly run_id: string; readonly thread_id: string }
          const atB = yield* onB(reading(eventsAfter(path)))
          yield* a.write(...words)
          yield* Effect.all([atA, atB].map(({ untilText }) => untilText(words.at(-1)!)))
          return { atA, atB, path }
        })
      /** Lets A compare its leases with those of the database. */
      const notice = ({ thread_id }: { readonly thread_id: string }) =>
        Effect.flatMap(
          Caller.keyInProject(keyOfWork(thread_id)),
          (key) => storeB.nodes!.notify("lease", `0 ${key}`)
        )
      return { a, b, onA, onB, started, takeOver, notice, closeA: Scope.close(closing, Exit.void), url, sql }
    })

  test(
    "continue in both where the other takes over and writes the same text",
    Effect.gen(function*() {
      const { b, notice, onB, started, takeOver } = yield* two()
      const { atA, atB, path } = yield* started("one ", "two ")
      yield* takeOver
      yield* notice(path)
      yield* b.write("one", " ", "two thr", "ee")
      yield* b.end
      const all = yield* atB.all
      assert.deepStrictEqual(check(all), { texts: ["one two three"], end: "thread.run.completed" })
      assert.deepStrictEqual(yield* atA.all, all)
      for (let last = 0; last <= all.length; last++) {
        assert.deepStrictEqual(yield* onB(collect(eventsAfter(path, last))), all.slice(last))
      }
    })
  )

  for (const [name, words] of [["another text", ["one ", "more"]], ["a shorter text", ["one"]]] as const) {
    test(
      `name another message where the other takes over and writes ${name}`,
      Effect.gen(function*() {
        const { b, notice, onB, started, takeOver } = yield* two()
        const { atA, atB, path } = yield* started("one ", "two ")
        yield* takeOver
        yield* notice(path)
        yield* b.write(...words)
        yield* b.end
        const all = yield* atB.all
        assert.deepStrictEqual(check(all), { texts: ["one two ", words.join("")], end: "thread.run.completed" })
        assert.deepStrictEqual(yield* atA.all, all)
        const { data } = yield* onB(ok(Messages.list, { thread_id: path.thread_id, order: "asc" }))
        assert.deepStrictEqual(data.slice(1).map((one: any) => [textOf(one), one.status]), [
          ["one two ", "incomplete"],
          [words.join(""), "completed"]
        ])
      })
    )
  }

  test(
    "have no word of a process that was stopped and comes back",
    Effect.gen(function*() {
      const tried = yield* Deferred.make<void>()
      const { a, b, started, takeOver } = yield* two((store) =>
        isStopped(store, {
          // It finds out that it has lost the run when it writes.
          notifications: (topic) => topic === "streams" ? store.nodes!.notifications(topic) : Queue.unbounded(),
          renew: Effect.void,
          fence: (lease) => (effect) =>
            Effect.onExit(store.nodes!.fence(lease)(effect), () => Deferred.succeed(tried, void 0))
        })
      )
      const { atA, atB } = yield* started("one ", "two ")
      yield* takeOver
      yield* a.write("late ")
      yield* Deferred.await(tried)
      yield* b.write("one two three")
      yield* b.end
      const all = yield* atB.all
      assert.deepStrictEqual(check(all), { texts: ["one two three"], end: "thread.run.completed" })
      assert.deepStrictEqual(yield* atA.all, all)
    })
  )

  test(
    "continue in the other where one closes",
    Effect.gen(function*() {
      const { b, closeA, started } = yield* two()
      const { atB } = yield* started("one ")
      yield* closeA
      yield* b.asked
      yield* b.write("one two")
      yield* b.end
      assert.deepStrictEqual(check(yield* atB.all), { texts: ["one two"], end: "thread.run.completed" })
    })
  )

  test(
    "end in both where the other cancels the run",
    Effect.gen(function*() {
      const { onB, started } = yield* two()
      const { atA, atB, path } = yield* started("one ", "two ")
      yield* onB(ok(Runs.cancel, path))
      const all = yield* atB.all
      assert.deepStrictEqual(check(all), { texts: ["one two "], end: "thread.run.cancelled" })
      assert.deepStrictEqual(yield* atA.all, all)
    })
  )

  test(
    "end with an error in both where the other deletes the thread",
    Effect.gen(function*() {
      const { onB, started } = yield* two()
      const { atA, atB, path } = yield* started("one ")
      const failed = (reader: typeof atA) =>
        Effect.map(reader.until(({ event }) => event === "error"), ({ data }) => data.message)
      yield* onB(ok(Threads.delete, { thread_id: path.thread_id }))
      const message = `No run found with id '${path.run_id}'.`
      assert.deepStrictEqual([yield* failed(atA), yield* failed(atB)], [message, message])
    })
  )

  test(
    "are removed after an hour",
    Effect.gen(function*() {
      const { a, onB, sql, started, url } = yield* two()
      const { atA, path } = yield* started("one ")
      yield* a.end
      yield* atA.all
      yield* sql("UPDATE stream_events SET added_at = added_at - interval '61 minutes' WHERE sequence < 5")
      yield* PgStore.make({ url })
      const ask = (last?: string) =>
        onB(Effect.map(send("GET", eventsPath(path), { headers: { "last-event-id": last } }), ({ status }) => status))
      assert.deepStrictEqual([yield* ask(), yield* ask("3"), yield* ask("5")], [400, 400, 200])
      yield* sql("UPDATE stream_events SET added_at = added_at - interval '61 minutes'")
      yield* PgStore.make({ url })
      assert.strictEqual(yield* ask(), 404)
    })
  )
})
