import {
  Assistants,
  ChatCompletions,
  ChatStream,
  Messages,
  Retry,
  Runs,
  RunSteps,
  Threads
} from "@effect-openai/client"
import type { Runs as Contract } from "@effect-openai/core"
import { Model, Script } from "@effect-openai/emulator"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, TestClock } from "effect"
import { inProcess } from "./utils.js"

const model = "gpt-4o"

const weather = { type: "function" as const, function: { name: "get_weather" } }

const playing = (script: Script.Script) =>
  Effect.provide(inProcess.layer({ model: Script.layer(script), pollAfter: 0 }))

const callsOf = ({ required_action: action }: Contract.Run) =>
  (action?.type === "submit_tool_outputs" ? action.submit_tool_outputs.tool_calls : []) as ReadonlyArray<
    Contract.RunToolCall
  >

/** A thread with one message, run by an assistant to where the run stops. */
const converse = (content: string, assistant: Omit<Parameters<typeof Assistants.create>[0], "model"> = {}) =>
  Effect.gen(function*() {
    const { id: assistant_id } = yield* Assistants.create({ model, ...assistant })
    const { id: thread_id } = yield* Threads.create({ messages: [{ role: "user", content }] })
    const run = yield* Runs.createAndPoll({ thread_id, assistant_id })
    return { assistant_id, thread_id, run }
  })

const lastText = (thread_id: string) =>
  Effect.map(Messages.list({ thread_id, limit: 1 }), ({ data: [message] }) => {
    const [part] = message!.content
    return part?.type === "text" ? part.text.value : undefined
  })

const say = (content: string) =>
  Effect.map(
    ChatCompletions.create({ model, messages: [{ role: "user", content }] }),
    ({ choices }) => choices[0]!
  )

describe("Script", () => {
  it.effect("replies one after the other, as tools are used", () =>
    Effect.gen(function*() {
      const { run, thread_id } = yield* converse("How is the weather?", {
        tools: [weather, { type: "code_interpreter" }]
      })
      assert.deepStrictEqual(callsOf(run).map((call) => call.function), [
        { name: "get_weather", arguments: "{\"city\":\"Lisbon\"}" },
        { name: "get_weather", arguments: "{\"city\": " }
      ])
      const ended = yield* Runs.submitToolOutputsAndPoll({
        thread_id,
        run_id: run.id,
        tool_outputs: callsOf(run).map(({ id }) => ({
          tool_call_id: id,
          output: "warm"
        }))
      })
      assert.strictEqual(ended.status, "completed")
      assert.strictEqual(yield* lastText(thread_id), "It is warm.")
      const { data: steps } = yield* RunSteps.list({ thread_id, run_id: run.id, order: "asc" })
      assert.deepStrictEqual(steps.map(({ step_details }) => step_details.type), [
        "tool_calls",
        "tool_calls",
        "message_creation"
      ])
    }).pipe(playing({
      turns: [{
        when: { message: "WEATHER" },
        replies: [
          {
            type: "function_calls",
            calls: [
              { name: "get_weather", arguments: { city: "Lisbon" } },
              { name: "get_weather", arguments: "{\"city\": " }
            ]
          },
          { type: "code_interpreter", input: "print(1)", logs: "1" },
          { type: "text", text: "It is warm." }
        ]
      }]
    })))

  it.effect("plays the first turn that fits", () =>
    Effect.gen(function*() {
      const replies = yield* Effect.forEach(["first", "second"], (content) =>
        Effect.map(say(content), ({ message }) => message.content))
      assert.deepStrictEqual(replies, ["one", "You said: second"])
      const { choices } = yield* ChatCompletions.create({
        model: "other",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "first" },
          { role: "assistant", content: "x" },
          { role: "user", content: "again" }
        ]
      })
      assert.strictEqual(choices[0]?.message.content, "two")
    }).pipe(playing({
      turns: [
        { when: { message: "first", turn: 1 }, replies: [{ type: "text", text: "one" }] },
        { when: { message: "again", turn: 1 }, replies: [{ type: "text", text: "never" }] },
        { when: { instructions: "wordy" }, replies: [{ type: "text", text: "never" }] },
        { when: { model: "other", turn: 2, instructions: "brief" }, replies: [{ type: "text", text: "two" }] }
      ]
    })))

  it.effect("what no turn fits may be an error", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Retry.none(say("anything")))
      assert.strictEqual(error._tag, "InternalServerError")
      assert.include(error.message, "no reply")
    }).pipe(playing({ turns: [], otherwise: "error" })))

  it.effect("fails runs and completions by its code", () =>
    Effect.gen(function*() {
      const { run } = yield* converse("x")
      assert.deepStrictEqual([run.status, run.last_error], [
        "failed",
        { code: "rate_limit_exceeded", message: "Too fast." }
      ])
      assert.strictEqual((yield* Effect.flip(Retry.none(say("x"))))._tag, "RateLimitError")
    }).pipe(playing({ turns: [{ replies: [{ type: "error", code: "rate_limit_exceeded", message: "Too fast." }] }] })))

  it.effect("ends where tokens run out", () =>
    Effect.gen(function*() {
      const { run, thread_id } = yield* converse("x")
      assert.deepStrictEqual([run.status, run.incomplete_details], [
        "completed",
        { reason: "max_completion_tokens" }
      ])
      const { data: [message] } = yield* Messages.list({ thread_id, limit: 1 })
      assert.strictEqual(message?.status, "incomplete")
      assert.strictEqual((yield* say("x")).finish_reason, "length")
    }).pipe(playing({ turns: [{ replies: [{ type: "text", text: "Once there was", is_cut: true }] }] })))

  it.effect("takes its time by the clock", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(ChatStream.final(
        ChatCompletions.create.stream({ model, messages: [{ role: "user", content: "x" }] })
      ))
      yield* TestClock.adjust("2999 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(fiber)).choices[0]?.content, "ab")
    }).pipe(
      playing({ turns: [{ replies: [{ type: "text", text: ["a", "b"], delay_ms: 1000, piece_delay_ms: 1000 }] }] })
    ))

  it.scoped("is read from a file, or says what is wrong with it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* fs.makeTempFileScoped()
      const wrong = (text: string) =>
        Effect.zipRight(
          fs.writeFileString(path, text),
          Effect.map(Effect.flip(Effect.provide(Model.Model, Script.layerFile(path))), ({ field }) => field)
        )
      assert.strictEqual(yield* wrong("{"), "")
      assert.strictEqual(yield* wrong(JSON.stringify({ turns: [{ replies: [] }] })), "turns[0].replies[0]")
      assert.strictEqual(
        yield* wrong(JSON.stringify({ turns: [{ replies: [{ type: "text", text: "x", delay_ms: -1 }] }] })),
        "turns[0].replies[0].delay_ms"
      )
      assert.strictEqual(yield* wrong(JSON.stringify({ turns: [], more: 1 })), "more")
      yield* fs.writeFileString(path, JSON.stringify({ turns: [{ replies: [{ type: "text", text: "read" }] }] }))
      yield* Effect.gen(function*() {
        assert.strictEqual((yield* say("x")).message.content, "read")
      }).pipe(Effect.provide(inProcess.layer({ model: Script.layerFile(path) })))
    }).pipe(Effect.provide(NodeContext.layer)))
})
