import { Assistants, Batches, Runs } from "@effect-openai/core"
import type { Emulator } from "@effect-openai/emulator"
import { Model, Store } from "@effect-openai/emulator"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Option, Redacted } from "effect"
import { messages, type Run, runs, runSteps } from "../src/internal/documents.js"
import { apiKeys, usageRows } from "../src/internal/organization/documents.js"
import { digestOf } from "../src/internal/organization/keys.js"
import { call, ok } from "./calls.js"
import { describeEach } from "./describeEach.js"
import { apiKey, form, inProcess, send, type Services, stores, withEmulator } from "./utils.js"

const thread_id = "thread_a"
const run_id = "run_a"
const path = { thread_id, run_id }

/** Stores what a process leaves behind when it ends during a run. */
const leaveBehind = (status: Run["status"], step?: "message_creation" | "tool_calls") =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const at = { created_at: 0, metadata: {} }
    const threads = Store.collection<Store.Document & { readonly object: string; readonly created_at: number }>({
      name: "thread"
    })
    yield* store.set(threads, { id: thread_id, object: "thread", ...at })
    const message = { object: "thread.message" as const, thread_id, file_ids: [], incomplete_at: null, ...at }
    yield* store.set(messages, {
      ...message,
      id: "msg_question",
      role: "user",
      status: "completed",
      completed_at: 1,
      incomplete_details: null,
      content: [{ type: "text", text: { value: "Hello there", annotations: [] } }],
      assistant_id: null,
      run_id: null
    })
    yield* store.set(runs, {
      id: run_id,
      object: "thread.run",
      thread_id,
      assistant_id: "asst_a",
      status,
      started_at: status === "queued" ? null : 1,
      expires_at: 601,
      cancelled_at: null,
      failed_at: null,
      completed_at: null,
      required_action: null,
      last_error: null,
      incomplete_details: null,
      model: "gpt-4",
      instructions: null,
      tools: [{ type: "function", function: { name: "f" } }],
      file_ids: [],
      usage: null,
      temperature: 1,
      top_p: 1,
      max_prompt_tokens: null,
      max_completion_tokens: null,
      truncation_strategy: { type: "auto", last_messages: null },
      tool_choice: "auto",
      response_format: "auto",
      ...at
    })
    if (step === undefined) return
    if (step === "message_creation") {
      yield* store.set(messages, {
        ...message,
        id: "msg_left",
        role: "assistant",
        status: "in_progress",
        completed_at: null,
        incomplete_details: null,
        content: [{ type: "text", text: { value: "You sa", annotations: [] } }],
        assistant_id: "asst_a",
        run_id
      })
    }
    yield* store.set(runSteps, {
      id: "step_left",
      object: "thread.run.step",
      run_id,
      assistant_id: "asst_a",
      thread_id,
      type: step,
      status: "in_progress",
      cancelled_at: null,
      completed_at: null,
      expired_at: null,
      failed_at: null,
      last_error: null,
      step_details: step === "message_creation"
        ? { type: step, message_creation: { message_id: "msg_left" } }
        : { type: step, tool_calls: [] },
      usage: null,
      ...at
    })
  })

/** Waits for a run to leave these statuses, by looking into the store alone. */
const left = (...statuses: ReadonlyArray<Run["status"]>) =>
  Effect.flatMap(
    Store.Store,
    (store) =>
      Effect.repeat(Effect.flatMap(Effect.yieldNow(), () => store.get(runs, run_id, thread_id)), {
        until: (run) => !statuses.includes(Option.getOrThrow(run).status)
      })
  )

const contents = Effect.gen(function*() {
  const store = yield* Store.Store
  const run = Option.getOrThrow(yield* store.get(runs, run_id, thread_id))
  const steps = yield* store.list(runSteps, { parent: `${thread_id}/${run_id}`, order: "asc", limit: 10 })
  const written = yield* store.list(messages, { parent: thread_id, where: { run_id }, order: "asc", limit: 10 })
  return {
    run,
    steps: steps.data.map(({ id, status, type }) => [id, type, status]),
    messages: written.data.map(({ content, id, status }) => [
      id,
      status,
      content.map((part) => part.type === "text" ? part.text.value : "").join("")
    ])
  }
})

const functionCall: Model.Service = { reply: () => Effect.succeed(Model.functionCalls({ name: "f", arguments: "{}" })) }

describeEach(stores)("After a restart, $name", ({ layer }) => {
  const test = (
    name: string,
    before: Effect.Effect<void, Store.StoreError, Store.Store>,
    after: Effect.Effect<void, unknown, Services | Store.Store>,
    model: Emulator.Options["model"] = Model.layerScripted
  ) =>
    it.effect(name, () =>
      Effect.gen(function*() {
        yield* before
        const store = Layer.succeed(Store.Store, yield* Store.Store)
        yield* Effect.provide(after, inProcess.layer({ store, model }))
      }).pipe(Effect.provide(Layer.fresh(layer))), 60_000)

  test(
    "a message that was begun is written again in its place, without a request",
    leaveBehind("in_progress", "message_creation"),
    Effect.gen(function*() {
      yield* left("in_progress")
      const { messages, run, steps } = yield* contents
      assert.strictEqual(run.status, "completed")
      assert.deepStrictEqual(steps, [["step_left", "message_creation", "completed"]])
      assert.deepStrictEqual(messages, [["msg_left", "completed", "You said: Hello there"]])
      assert.strictEqual((yield* call(Runs.create, { thread_id, assistant_id: "asst_a" })).status, 404)
    })
  )

  test(
    "a call that was begun is made again in its step",
    leaveBehind("in_progress", "tool_calls"),
    Effect.gen(function*() {
      yield* left("in_progress")
      const { run, steps } = yield* contents
      assert.strictEqual(run.status, "requires_action")
      assert.deepStrictEqual(steps, [["step_left", "tool_calls", "in_progress"]])
      const { required_action } = yield* ok(Runs.retrieve, path)
      const tool_outputs = required_action.submit_tool_outputs.tool_calls.map(({ id }: any) => ({ tool_call_id: id }))
      assert.strictEqual((yield* ok(Runs.submitToolOutputs, { ...path, tool_outputs })).status, "queued")
    }),
    Layer.succeed(Model.Model, functionCall)
  )

  test(
    "a message that was begun has failed where the model now calls a function",
    leaveBehind("in_progress", "message_creation"),
    Effect.gen(function*() {
      yield* left("in_progress")
      const { messages, run, steps } = yield* contents
      assert.strictEqual(run.status, "requires_action")
      assert.deepStrictEqual(messages, [["msg_left", "incomplete", "You sa"]])
      assert.deepStrictEqual(steps, [
        ["step_left", "message_creation", "failed"],
        [steps[1]![0], "tool_calls", "in_progress"]
      ])
    }),
    Layer.succeed(Model.Model, functionCall)
  )

  test(
    "a queued run is worked on",
    leaveBehind("queued"),
    Effect.gen(function*() {
      yield* left("queued", "in_progress")
      assert.strictEqual((yield* contents).run.status, "completed")
    })
  )

  test(
    "a run that was being cancelled is cancelled, and unlocks its thread",
    leaveBehind("cancelling", "message_creation"),
    Effect.gen(function*() {
      yield* left("cancelling")
      const { messages, run, steps } = yield* contents
      assert.strictEqual(run.status, "cancelled")
      assert.deepStrictEqual(steps, [["step_left", "message_creation", "cancelled"]])
      assert.deepStrictEqual(messages, [["msg_left", "incomplete", "You sa"]])
    })
  )

  test(
    "a run that needs its caller stays as it is",
    leaveBehind("requires_action"),
    Effect.gen(function*() {
      for (let looks = 0; looks < 10; looks++) {
        assert.strictEqual((yield* ok(Runs.retrieve, path)).status, "requires_action")
      }
    })
  )

  it.live("the rest of a run and of a batch is the usage of their creator", () =>
    Effect.gen(function*() {
      const creator = Redacted.make(apiKey)
      const reader = Redacted.make("sk-reader-abcdefghijklmn")
      const request = { model: "gpt-4", messages: [{ role: "user", content: "Hello" }] }
      const line = { custom_id: "a", method: "POST", url: "/v1/chat/completions", body: request }
      const { batchPath, runPath } = yield* Effect.gen(function*() {
        const { id: assistant_id } = yield* ok(Assistants.create, { model: "gpt-4" })
        const thread = { messages: [{ role: "user", content: "Hello" }] }
        const run = yield* ok(Runs.createThreadAndRun, { assistant_id, thread })
        const purpose = ["name=\"purpose\"", "batch"] as const
        const file = ["name=\"file\"; filename=\"batch.jsonl\"", JSON.stringify(line)] as const
        const { json } = yield* send("POST", "/files", form(purpose, file))
        const batch = yield* ok(Batches.create, {
          input_file_id: json.id,
          endpoint: "/v1/chat/completions",
          completion_window: "24h"
        })
        return { runPath: `/threads/${run.thread_id}/runs/${run.id}`, batchPath: `/batches/${batch.id}` }
      }).pipe(withEmulator({ apiKeys: [creator], model: Layer.succeed(Model.Model, { reply: () => Effect.never }) }))
      yield* Effect.forEach([runPath, batchPath], (path) =>
        Effect.repeat(send("GET", path, { headers: { authorization: `Bearer ${Redacted.value(reader)}` } }), {
          until: ({ json }) =>
            json.status === "completed"
        })).pipe(withEmulator({ apiKeys: [creator, reader] }))
      const store = yield* Store.Store
      const [key] = yield* store.find(apiKeys, { digest: digestOf(apiKey) })
      const rows = yield* store.find(usageRows, {})
      assert.deepStrictEqual(
        rows.map(({ api_key_id, batch, user_id }) => [batch, user_id, api_key_id]),
        [false, true].map((batch) => [batch, key!.owner.id, key!.id])
      )
    }).pipe(Effect.provide(Layer.fresh(layer))), 60_000)

  it.effect("many requests that read a run take its step once", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const replied = yield* Deferred.make<void>()
      let times = 0
      const reply = Effect.suspend(() => {
        times++
        return Effect.zipRight(Deferred.succeed(asked, undefined), Deferred.await(replied))
      })
      const store = Layer.succeed(Store.Store, yield* Store.Store)
      const model = Layer.succeed(Model.Model, { reply: () => Effect.as(reply, Model.text("once")) })
      yield* leaveBehind("in_progress")
      yield* Effect.gen(function*() {
        const first = yield* Effect.fork(left("in_progress"))
        yield* Deferred.await(asked)
        const looks = Effect.all(Array.from({ length: 20 }, () => ok(Runs.retrieve, path)), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual([...new Set((yield* looks).map(({ status }) => status))], ["in_progress"])
        yield* Deferred.succeed(replied, undefined)
        yield* Fiber.join(first)
        assert.deepStrictEqual(
          (yield* looks).map(({ status }) => status),
          Array.from({ length: 20 }, () => "completed")
        )
      }).pipe(Effect.provide(inProcess.layer({ store, model })))
      assert.strictEqual(times, 1)
      assert.lengthOf((yield* contents).messages, 1)
    }).pipe(Effect.provide(Layer.fresh(layer))), 60_000)
})
