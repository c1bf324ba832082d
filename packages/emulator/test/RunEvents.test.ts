import { RunStream } from "@effect-openai/client"
import { Assistants, Messages, Runs, Threads } from "@effect-openai/core"
import { Model, Store } from "@effect-openai/emulator"
import * as PgStore from "@effect-openai/emulator/PgStore"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Queue, Redacted, Stream } from "effect"
import { isLast } from "../src/internal/engine/run.js"
import { collect, events, eventsAfter, eventsPath, ok, streamed } from "./calls.js"
import * as postgres from "./postgres.js"
import type { Event } from "./success.js"
import { describeEach, inProcess, send, type Services, stores } from "./utils.js"

/** A model that writes the words that a test gives it, one piece each. */
const writer = Effect.gen(function*() {
  const words = yield* Queue.unbounded<string | undefined>()
  const pieces = Stream.takeWhile(
    Stream.fromQueue(words, { maxChunkSize: 1 }),
    (word): word is string => word !== undefined
  )
  return {
    write: (...some: ReadonlyArray<string>) => words.offerAll(some),
    end: words.offer(undefined),
    model: Layer.succeed(Model.Model, { reply: () => Effect.succeed(Model.textStream(pieces)) })
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
  // Without the events that have the complete messages.
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
