import { Assistants, MessageFiles, Messages, Runs, RunSteps, Threads } from "@effect-openai/core"
import { Emulator, Ids, Model } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import { call, events, namesOf, ok, refused, streamed } from "./calls.js"
import { describeEach } from "./describeEach.js"
import type { Event } from "./success.js"
import { form, send, type Services, storedTargets, type Target } from "./utils.js"

const model = "gpt-4-turbo"

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: {
      type: "object",
      properties: {
        city: { type: "string" },
        unit: { type: "string", enum: ["celsius", "fahrenheit"] },
        days: { type: "integer", minimum: 1 },
        skipped: { type: "string" }
      },
      required: ["city", "unit", "days"]
    }
  }
}

const time = { type: "function", function: { name: "get_time" } }

/** The same emulator for one test each, in-process and over a socket. */
const on =
  ({ layer }: Target, options?: Emulator.Options) => (name: string, effect: Effect.Effect<void, unknown, Services>) =>
    it.effect(name, () => Effect.provide(effect, layer(options)), 60_000)

const scripted = (reply: Model.Service["reply"]): Emulator.Options => ({
  model: Layer.succeed(Model.Model, { reply, isImmediate: true })
})

const upload = (name: string, content: string) =>
  Effect.map(
    send("POST", "/files", form([`name="file"; filename="${name}"`, content], ["name=\"purpose\"", "assistants"])),
    ({ json }) => json.id as string
  )

/** A thread with one message, and an assistant to run on it. */
const setUp = (content: string, assistant: Record<string, unknown> = {}) =>
  Effect.gen(function*() {
    const { id: assistant_id } = yield* ok(Assistants.create, { model, ...assistant })
    const { id: thread_id } = yield* ok(Threads.create, { messages: [{ role: "user", content }] })
    return { assistant_id, thread_id } as { readonly assistant_id: string; readonly thread_id: string }
  })

const begin = (content: string, settings: Record<string, unknown> = {}, assistant?: Record<string, unknown>) =>
  Effect.gen(function*() {
    const { assistant_id, thread_id } = yield* setUp(content, assistant)
    const run = yield* ok(Runs.create, { assistant_id, thread_id, ...settings })
    return { assistant_id, thread_id, run_id: run.id as string, run }
  })

interface Path {
  readonly thread_id: string
  readonly run_id: string
}

/** Reads a run until its status needs a caller or is final, and returns the statuses. */
const poll = ({ run_id, thread_id }: Path) =>
  Effect.gen(function*() {
    const seen: Array<string> = []
    for (;;) {
      const run = yield* ok(Runs.retrieve, { thread_id, run_id })
      seen.push(run.status)
      if (!["queued", "in_progress", "cancelling"].includes(run.status)) return { run, seen }
    }
  })

const textOf = (message: any): string => message.content[0].text.value

const replyOf = ({ run_id, thread_id }: Path) =>
  Effect.map(ok(Messages.list, { thread_id, run_id }), ({ data }) => data[0])

const stepsOf = ({ run_id, thread_id }: Path) =>
  Effect.map(ok(RunSteps.list, { thread_id, run_id, order: "asc" }), ({ data }) => data as Array<any>)

const outputsFor = (run: any, output: string) =>
  run.required_action.submit_tool_outputs.tool_calls.map(({ id }: any) => ({ tool_call_id: id, output }))

const only = (name: string) => (all: ReadonlyArray<Event>) => all.find(({ event }) => event === name)?.data

const gathered = (all: ReadonlyArray<Event>) =>
  all.flatMap(({ data, event }) => event === "thread.message.delta" ? [data.delta.content[0].text.value ?? ""] : [])

describeEach(storedTargets)("Runs $name", (target) => {
  const test = on(target)

  describe("threads", () => {
    test(
      "a thread is created of nothing, changed and deleted",
      Effect.gen(function*() {
        yield* TestClock.setTime(1_699_009_709_999)
        for (const body of ["", "{}"]) {
          const { json, status } = yield* send("POST", "/threads", { body })
          assert.strictEqual(status, 200)
          assert.match(json.id, /^thread_\w{24}$/)
          assert.deepStrictEqual(json, { id: json.id, object: "thread", created_at: 1_699_009_709, metadata: {} })
        }
        const { id } = (yield* send("POST", "/threads")).json
        assert.deepInclude(yield* ok(Threads.modify, { thread_id: id, metadata: { a: "b" } }), { metadata: { a: "b" } })
        assert.deepInclude(yield* ok(Threads.modify, { thread_id: id }), { metadata: { a: "b" } })
        assert.deepInclude(yield* ok(Threads.modify, { thread_id: id, metadata: null }), { metadata: {} })
        assert.deepStrictEqual(yield* ok(Threads.delete, { thread_id: id }), {
          id,
          object: "thread.deleted",
          deleted: true
        })
        for (const endpoint of [Threads.retrieve, Threads.modify, Threads.delete, Messages.list, Runs.list]) {
          assert.strictEqual(yield* refused(404, endpoint, { thread_id: id }), `No thread found with id '${id}'.`)
        }
      })
    )

    test(
      "a deleted thread takes all it had with it",
      Effect.gen(function*() {
        const file = yield* upload("a.txt", "x")
        const { assistant_id, run_id, thread_id } = yield* begin("Hi")
        yield* poll({ run_id, thread_id })
        const { id: message_id } = yield* ok(Messages.create, {
          thread_id,
          role: "user",
          content: "x",
          file_ids: [file]
        })
        yield* ok(Threads.delete, { thread_id })
        for (const endpoint of [Runs.retrieve, Messages.retrieve, RunSteps.list, MessageFiles.list, Runs.cancel]) {
          yield* refused(404, endpoint, { thread_id, run_id, message_id })
        }
        yield* refused(404, Runs.create, { thread_id, assistant_id })
      })
    )
  })

  describe("messages", () => {
    test(
      "messages are listed, changed and filtered by run",
      Effect.gen(function*() {
        const { assistant_id, thread_id } = yield* setUp("one")
        const two = yield* ok(Messages.create, { thread_id, role: "assistant", content: "two", metadata: { a: "b" } })
        assert.deepInclude(two, {
          object: "thread.message",
          role: "assistant",
          status: "completed",
          assistant_id: null,
          run_id: null,
          metadata: { a: "b" }
        })
        assert.deepStrictEqual(yield* ok(Messages.retrieve, { thread_id, message_id: two.id }), two)
        const modified = yield* ok(Messages.modify, { thread_id, message_id: two.id, metadata: { c: "d" } })
        assert.deepStrictEqual(modified, { ...two, metadata: { c: "d" } })
        const { id: run_id } = yield* ok(Runs.create, { thread_id, assistant_id })
        yield* poll({ thread_id, run_id })
        const texts = (fields: object) =>
          Effect.map(ok(Messages.list, { thread_id, ...fields }), ({ data }) => data.map(textOf))
        assert.deepStrictEqual(yield* texts({ order: "asc" }), ["one", "two", "You said: one"])
        assert.deepStrictEqual(yield* texts({ run_id }), ["You said: one"])
        assert.deepStrictEqual(yield* texts({ run_id: "run_x" }), [])
        assert.deepStrictEqual(yield* texts({ limit: 1, before: two.id }), ["You said: one"])
        for (const endpoint of [Messages.retrieve, Messages.modify, MessageFiles.list]) {
          assert.strictEqual(
            yield* refused(404, endpoint, { thread_id, message_id: "msg_x" }),
            "No message found with id 'msg_x'."
          )
        }
        const other = yield* ok(Threads.create)
        yield* refused(404, Messages.retrieve, { thread_id: other.id, message_id: two.id })
      })
    )

    test(
      "files are attached, once each",
      Effect.gen(function*() {
        const files = [yield* upload("a.txt", "a"), yield* upload("b.txt", "b")]
        const { id: thread_id } = yield* ok(Threads.create)
        const message = { thread_id, role: "user", content: "x" }
        const { file_ids, id: message_id } = yield* ok(Messages.create, { ...message, file_ids: [...files, files[0]] })
        assert.deepStrictEqual(file_ids, files)
        const { data } = yield* ok(MessageFiles.list, { thread_id, message_id, order: "asc" })
        assert.deepStrictEqual(data.map(({ id }: any) => id), files)
        assert.deepStrictEqual(yield* ok(MessageFiles.retrieve, { thread_id, message_id, file_id: files[0] }), {
          id: files[0],
          object: "thread.message.file",
          created_at: 0,
          message_id
        })
        yield* refused(404, MessageFiles.retrieve, { thread_id, message_id, file_id: "file-x" })
        const missing = yield* refused(404, Messages.create, { ...message, file_ids: [files[0], "file-x"] })
        assert.strictEqual(missing, "No such File object: file-x")
        assert.strictEqual((yield* ok(Messages.list, { thread_id })).data.length, 1)
        for (const file_ids of [[], Array.from({ length: 11 }, () => files[0])]) {
          yield* refused(400, Messages.create, { ...message, file_ids })
        }
        yield* refused(400, Messages.create, { ...message, content: "" })
        yield* refused(400, Messages.create, { ...message, content: "x".repeat(256_001) })
        yield* ok(Messages.create, { ...message, content: "x".repeat(256_000) })
      })
    )
  })

  describe("polling", () => {
    test(
      "a run shows one status to each request that reads it",
      Effect.gen(function*() {
        yield* TestClock.setTime(1_000_000)
        const { assistant_id, run, run_id, thread_id } = yield* begin("Hello there", { metadata: { a: "b" } }, {
          instructions: "Be kind."
        })
        assert.deepStrictEqual(run, {
          id: run.id,
          object: "thread.run",
          created_at: 1000,
          thread_id,
          assistant_id,
          status: "queued",
          required_action: null,
          last_error: null,
          expires_at: 1600,
          started_at: null,
          cancelled_at: null,
          failed_at: null,
          completed_at: null,
          incomplete_details: null,
          model,
          instructions: "Be kind.",
          tools: [],
          file_ids: [],
          metadata: { a: "b" },
          usage: null,
          temperature: 1,
          top_p: 1,
          max_prompt_tokens: null,
          max_completion_tokens: null,
          truncation_strategy: { type: "auto", last_messages: null },
          tool_choice: "auto",
          response_format: "auto"
        })
        const first = yield* call(Runs.retrieve, { thread_id, run_id })
        assert.deepInclude(first.json, { status: "in_progress", started_at: 1000, usage: null })
        assert.strictEqual(first.headers["openai-poll-after-ms"], "0")
        yield* TestClock.adjust("5 seconds")
        const last = yield* call(Runs.retrieve, { thread_id, run_id })
        assert.isUndefined(last.headers["openai-poll-after-ms"])
        assert.deepInclude(last.json, { status: "completed", completed_at: 1000, expires_at: null })
        assert.deepStrictEqual(last.json.usage, { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 })
        assert.deepStrictEqual((yield* ok(Runs.list, { thread_id })).data, [last.json])

        const message = yield* replyOf({ thread_id, run_id })
        assert.strictEqual(textOf(message), "You said: Hello there")
        assert.deepInclude(message, { assistant_id, run_id, status: "completed", completed_at: 1000 })
        const [step] = yield* stepsOf({ thread_id, run_id })
        assert.deepInclude(step, {
          type: "message_creation",
          status: "completed",
          completed_at: 1000,
          step_details: { type: "message_creation", message_creation: { message_id: message.id } },
          usage: last.json.usage
        })
        assert.deepStrictEqual(yield* ok(RunSteps.retrieve, { thread_id, run_id, step_id: step.id }), step)
        assert.strictEqual(
          yield* refused(404, RunSteps.retrieve, { thread_id, run_id, step_id: "step_x" }),
          "No run step found with id 'step_x'."
        )
        const modified = yield* ok(Runs.modify, { thread_id, run_id, metadata: { c: "d" } })
        assert.deepStrictEqual(modified, { ...last.json, metadata: { c: "d" } })
      })
    )

    test(
      "a list of runs shows one status at a time too",
      Effect.gen(function*() {
        const { thread_id } = yield* begin("Hi")
        const status = Effect.map(ok(Runs.list, { thread_id }), ({ data }) => data[0].status)
        assert.deepStrictEqual([yield* status, yield* status], ["in_progress", "completed"])
      })
    )

    test(
      "the run's settings come before the assistant's",
      Effect.gen(function*() {
        const settings = {
          model: "gpt-4o",
          instructions: "B",
          tools: [time],
          temperature: 0,
          top_p: 0.5,
          response_format: { type: "json_object" },
          max_prompt_tokens: 256,
          max_completion_tokens: 300,
          truncation_strategy: { type: "last_messages", last_messages: 1 },
          tool_choice: "none"
        }
        const { run, run_id, thread_id } = yield* begin("1 + 1", {
          ...settings,
          additional_instructions: "C",
          additional_messages: [{ role: "user", content: "2 + 2" }]
        }, { instructions: "A", tools: [weather] })
        assert.deepInclude(run, { ...settings, instructions: "B\nC" })
        yield* poll({ thread_id, run_id })
        assert.strictEqual(textOf(yield* replyOf({ thread_id, run_id })), "{\"response\":\"You said: 2 + 2\"}")
      })
    )

    test(
      "functions are called, and their outputs quoted",
      Effect.gen(function*() {
        const path = yield* begin("Compare get_weather with get_time in \"Oslo\"", {}, { tools: [weather, time] })
        const { run, seen } = yield* poll(path)
        assert.deepStrictEqual(seen, ["in_progress", "requires_action"])
        const { tool_calls } = run.required_action.submit_tool_outputs
        assert.deepStrictEqual(
          tool_calls.map((call: any) => [call.function.name, JSON.parse(call.function.arguments)]),
          [
            ["get_weather", { city: "Oslo", unit: "celsius", days: 1 }],
            ["get_time", {}]
          ]
        )
        const [step] = yield* stepsOf(path)
        assert.deepInclude(step, { type: "tool_calls", status: "in_progress", usage: null })
        assert.deepStrictEqual(step.step_details.tool_calls.map((call: any) => call.function.output), [null, null])

        const ids = tool_calls.map(({ id }: any) => id)
        const submit = (tool_outputs: unknown) => ({ ...path, run: undefined, assistant_id: undefined, tool_outputs })
        const expected = `Expected tool outputs for call_ids ['${ids[0]}', '${ids[1]}'], got `
        const one = [{ tool_call_id: ids[0], output: "cold" }]
        for (
          const [outputs, got] of [
            [one, `['${ids[0]}']`],
            [[], "[]"],
            [[...one, ...one], `['${ids[0]}', '${ids[0]}']`],
            [[...one, { output: "x" }], `['${ids[0]}']`],
            [[...one, { tool_call_id: "call_x" }], `['${ids[0]}', 'call_x']`]
          ]
        ) {
          assert.strictEqual(yield* refused(400, Runs.submitToolOutputs, submit(outputs)), `${expected}${got}`)
        }
        const queued = yield* ok(Runs.submitToolOutputs, submit([{ tool_call_id: ids[1], output: "noon" }, ...one]))
        assert.deepInclude(queued, { status: "queued", required_action: null, usage: null })
        const last = yield* poll(path)
        assert.deepStrictEqual(last.seen, ["in_progress", "completed"])
        assert.strictEqual(textOf(yield* replyOf(path)), "get_weather returned: cold\nget_time returned: noon")
        const steps = yield* stepsOf(path)
        assert.deepStrictEqual(steps.map(({ status, type }) => [type, status]), [
          ["tool_calls", "completed"],
          ["message_creation", "completed"]
        ])
        assert.deepStrictEqual(steps[0].step_details.tool_calls.map((call: any) => call.function.output), [
          "cold",
          "noon"
        ])
        assert.strictEqual(
          last.run.usage.total_tokens,
          steps.reduce((sum, { usage }) => sum + usage.total_tokens, 0)
        )
      })
    )

    test(
      "files are searched and cited",
      Effect.gen(function*() {
        const file = yield* upload("facts.txt", "Fish swim.\nThe Eiffel tower is in Paris.\nThe end.")
        const path = yield* begin("Where does the Eiffel tower stand?", {}, {
          tools: [{ type: "retrieval" }],
          file_ids: [file]
        })
        assert.deepInclude(path.run, { file_ids: [file] })
        yield* poll(path)
        const { content: [{ text }] } = yield* replyOf(path)
        const [annotation] = text.annotations
        assert.deepInclude(annotation, {
          type: "file_citation",
          file_citation: { file_id: file, quote: "The Eiffel tower is in Paris." }
        })
        assert.strictEqual(text.value.slice(annotation.start_index, annotation.end_index), annotation.text)
        const steps = yield* stepsOf(path)
        const [{ id, ...call }] = steps[0].step_details.tool_calls
        assert.match(id, /^call_/)
        assert.deepStrictEqual(call, { type: "retrieval", retrieval: {} })
        assert.deepStrictEqual(steps.map(({ type }) => type), ["tool_calls", "message_creation"])
      })
    )

    test(
      "the files of a message are searched too, and nothing is cited where nothing is found",
      Effect.gen(function*() {
        const file = yield* upload("facts.txt", "Zebras have stripes.")
        const { assistant_id, thread_id } = yield* setUp("Hello", { tools: [{ type: "retrieval" }] })
        const ask = (content: string) =>
          Effect.gen(function*() {
            yield* ok(Messages.create, { thread_id, role: "user", content, file_ids: [file] })
            const { id: run_id } = yield* ok(Runs.create, { thread_id, assistant_id })
            yield* poll({ thread_id, run_id })
            return (yield* replyOf({ thread_id, run_id })).content[0].text.annotations.length
          })
        assert.deepStrictEqual([yield* ask("What stripes?"), yield* ask("What else?")], [1, 0])
      })
    )

    test(
      "runs code, and reports its output",
      Effect.gen(function*() {
        const path = yield* begin("What is 12 * 34?", {}, { tools: [{ type: "code_interpreter" }] })
        yield* poll(path)
        const [step] = yield* stepsOf(path)
        assert.deepStrictEqual(step.step_details.tool_calls[0].code_interpreter, {
          input: "print(12 * 34)",
          outputs: [{ type: "logs", logs: "408" }]
        })
        assert.strictEqual(textOf(yield* replyOf(path)), "print(12 * 34) wrote: 408")
      })
    )

    test(
      "code writes a file, which the message names and has",
      Effect.gen(function*() {
        const path = yield* begin("Write that to a CSV file: a,b", {}, { tools: [{ type: "code_interpreter" }] })
        yield* poll(path)
        const message = yield* replyOf(path)
        const [file] = message.file_ids
        const { annotations, value } = message.content[0].text
        const marker = "sandbox:/mnt/data/result.csv"
        assert.deepStrictEqual(annotations, [{
          type: "file_path",
          text: marker,
          file_path: { file_id: file },
          start_index: value.indexOf(marker),
          end_index: value.indexOf(marker) + marker.length
        }])
        const described = yield* send("GET", `/files/${file}`)
        assert.deepInclude(described.json, { filename: "result.csv", purpose: "assistants_output", bytes: 29 })
        const { text } = yield* send("GET", `/files/${file}/content`)
        assert.strictEqual(text, "Write that to a CSV file: a,b")
        const listed = yield* ok(MessageFiles.list, { thread_id: path.thread_id, message_id: message.id })
        assert.deepStrictEqual(listed.data.map(({ id }: { id: string }) => id), [file])
      })
    )

    on(target, { model: Model.layerSeeded("seed") })(
      "arguments are those of the seed",
      Effect.gen(function*() {
        const argumentsOf = (layer: Layer.Layer<Model.Model>) =>
          Effect.provide(
            Effect.flatMap(Model.Model, (model) =>
              model.reply({
                model: "gpt-4o",
                instructions: "",
                messages: [{ role: "user", content: "get_weather" }],
                tools: [weather],
                toolChoice: "auto",
                format: "text",
                files: [],
                toolCalls: []
              } as Model.Prompt)),
            layer
          ).pipe(Effect.map((reply) => reply._tag === "FunctionCalls" ? reply.calls[0]!.arguments : ""))
        const seeded = yield* argumentsOf(Model.layerSeeded("seed"))
        const others = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], (seed) => argumentsOf(Model.layerSeeded(seed)))
        assert.isAbove(new Set(others).size, 4)
        const { run } = yield* poll(yield* begin("get_weather", {}, { tools: [weather] }))
        assert.strictEqual(run.required_action.submit_tool_outputs.tool_calls[0].function.arguments, seeded)
      })
    )
  })

  describe("limits", () => {
    test(
      "tokens run out",
      Effect.gen(function*() {
        const long = "word ".repeat(300)
        const short = yield* begin(long, { max_completion_tokens: 256 })
        assert.deepInclude((yield* poll(short)).run, {
          status: "completed",
          incomplete_details: { reason: "max_completion_tokens" }
        })
        const message = yield* replyOf(short)
        assert.deepInclude(message, { status: "incomplete", incomplete_details: { reason: "max_tokens" } })
        assert.strictEqual((yield* ok(Runs.retrieve, { ...short, run: undefined })).usage.completion_tokens, 256)

        const unread = yield* begin(long, { max_prompt_tokens: 256 })
        assert.deepInclude((yield* poll(unread)).run, {
          status: "completed",
          incomplete_details: { reason: "max_prompt_tokens" }
        })
        assert.isUndefined(yield* replyOf(unread))
        yield* refused(400, Runs.create, { thread_id: unread.thread_id, assistant_id: "a", max_prompt_tokens: 255 })
      })
    )

    test(
      "functions are not called if no tokens are left for the call",
      Effect.gen(function*() {
        const content = `get_weather "${"a ".repeat(400)}"`
        const path = yield* begin(content, { max_completion_tokens: 256 }, { tools: [weather] })
        assert.deepInclude((yield* poll(path)).run, {
          status: "completed",
          required_action: null,
          incomplete_details: { reason: "max_completion_tokens" }
        })
      })
    )

    on(
      target,
      scripted(({ messages }) => Effect.succeed(Model.text(`${messages.length} messages`)))
    )(
      "a model reads as many of the last messages as it has room for",
      Effect.gen(function*() {
        const { assistant_id, thread_id } = yield* setUp("word ".repeat(5000), { model: "gpt-4" })
        const ask = (fields: object) =>
          Effect.gen(function*() {
            yield* ok(Messages.create, { thread_id, role: "user", content: "word ".repeat(3500) })
            const { id: run_id } = yield* ok(Runs.create, { thread_id, assistant_id, ...fields })
            yield* poll({ thread_id, run_id })
            return textOf(yield* replyOf({ thread_id, run_id }))
          })
        assert.strictEqual(yield* ask({}), "1 messages")
        assert.strictEqual(yield* ask({ model: "gpt-4-turbo" }), "4 messages")
        const last = { truncation_strategy: { type: "last_messages", last_messages: 2 } }
        assert.strictEqual(yield* ask(last), "2 messages")
      })
    )

    test(
      "an assistant of more tools than a run may have can't run",
      Effect.gen(function*() {
        const path = yield* setUp("Hi", { tools: Array.from({ length: 21 }, () => ({ type: "retrieval" })) })
        assert.strictEqual(
          yield* refused(400, Runs.create, { ...path }),
          "A run can use at most 20 tools, the assistant has 21."
        )
        yield* ok(Runs.create, { ...path, tools: [] })
      })
    )
  })

  describe("state", () => {
    const tools = { tools: [weather] }

    /** A run in each status that it can have. */
    const states: Record<string, Effect.Effect<Path, any, Services>> = {
      queued: begin("Hi"),
      in_progress: Effect.tap(begin("Hi"), (path) => ok(Runs.retrieve, { ...path })),
      requires_action: Effect.tap(begin("get_weather", {}, tools), poll),
      cancelling: Effect.tap(begin("Hi"), (path) => ok(Runs.cancel, { ...path })),
      cancelled: Effect.tap(begin("Hi"), (path) => Effect.zipRight(ok(Runs.cancel, { ...path }), poll(path))),
      completed: Effect.tap(begin("Hi"), poll),
      expired: Effect.tap(
        begin("get_weather", {}, tools),
        (path) => Effect.zipRight(poll(path), TestClock.adjust("10 minutes"))
      )
    }
    const active = ["queued", "in_progress", "requires_action", "cancelling"]

    for (const [status, enter] of Object.entries(states)) {
      test(
        `a run that is ${status} allows what the API allows, and nothing else`,
        Effect.gen(function*() {
          const { run_id, thread_id } = yield* enter
          const { id: assistant_id } = yield* ok(Assistants.create, { model })
          const path = { thread_id, run_id }
          if (active.includes(status)) {
            // A refusal counts as a look: each has its own run.
            const { run_id: one, thread_id: first } = yield* enter
            assert.strictEqual(
              yield* refused(400, Messages.create, { thread_id: first, role: "user", content: "x" }),
              `Can't add messages to ${first} while a run ${one} is active.`
            )
            const { run_id: other, thread_id: second } = yield* enter
            assert.strictEqual(
              yield* refused(400, Runs.create, { thread_id: second, assistant_id }),
              `Thread ${second} already has an active run ${other}.`
            )
          }
          if (status !== "requires_action") {
            assert.strictEqual(
              yield* refused(400, Runs.submitToolOutputs, { ...path, tool_outputs: [] }),
              `Runs in status "${status}" do not accept tool outputs.`
            )
          }
          if (["cancelling", "cancelled", "completed", "expired"].includes(status)) {
            assert.strictEqual(
              yield* refused(400, Runs.cancel, path),
              `Cannot cancel run with status '${status}'.`
            )
          } else {
            assert.deepInclude(yield* ok(Runs.cancel, path), { status: "cancelling", required_action: null })
            const { run, seen } = yield* poll(path)
            assert.deepStrictEqual(seen, ["cancelled"])
            assert.isNumber(run.cancelled_at)
            assert.isNotNull(run.usage)
            for (const step of yield* stepsOf(path)) assert.strictEqual(step.status, "cancelled")
          }
          if (status === "cancelling") yield* poll(path)
          yield* ok(Messages.create, { thread_id, role: "user", content: "x" })
          yield* ok(Runs.create, { thread_id, assistant_id })
          assert.deepInclude(yield* ok(Runs.modify, { ...path, metadata: { a: "b" } }), { metadata: { a: "b" } })
        })
      )
    }

    test(
      "a run that waits for its caller expires after ten minutes, and no other does",
      Effect.gen(function*() {
        const path = yield* begin("get_weather", {}, tools)
        yield* poll(path)
        yield* TestClock.adjust("599 seconds")
        assert.strictEqual((yield* ok(Runs.retrieve, { ...path })).status, "requires_action")
        yield* TestClock.adjust("1 second")
        const [step] = yield* stepsOf(path)
        assert.deepInclude(step, { status: "expired", expired_at: 600 })
        assert.deepInclude(yield* ok(Runs.retrieve, { ...path }), { status: "expired", required_action: null })

        const other = yield* begin("Hi")
        yield* TestClock.adjust("10 minutes")
        yield* ok(Messages.create, { thread_id: other.thread_id, role: "user", content: "x" })
        assert.deepInclude(yield* ok(Runs.retrieve, { ...other }), {
          status: "completed",
          started_at: 600,
          completed_at: 601
        })
      })
    )

    test(
      "what is not there is not found",
      Effect.gen(function*() {
        const { assistant_id, thread_id } = yield* setUp("Hi")
        const path = { thread_id, run_id: "run_x" }
        for (const endpoint of [Runs.retrieve, Runs.modify, Runs.cancel, RunSteps.list]) {
          assert.strictEqual(yield* refused(404, endpoint, path), "No run found with id 'run_x'.")
          assert.strictEqual(
            yield* refused(404, endpoint, { ...path, thread_id: "thread_x" }),
            "No thread found with id 'thread_x'."
          )
        }
        yield* refused(404, Runs.submitToolOutputs, { ...path, tool_outputs: [] })
        yield* refused(404, RunSteps.retrieve, { ...path, step_id: "step_x" })
        assert.strictEqual(
          yield* refused(404, Runs.create, { thread_id, assistant_id: "asst_x" }),
          "No assistant found with id 'asst_x'."
        )
        const lost = { assistant_id: "asst_x", thread: { messages: [{ role: "user", content: "x" }] } }
        yield* refused(404, Runs.createThreadAndRun, lost)
        yield* refused(404, Runs.createThreadAndRun, { ...lost, stream: true })
        const { id: run_id } = yield* ok(Runs.create, { thread_id, assistant_id })
        yield* refused(404, Runs.retrieve, { run_id, thread_id: (yield* ok(Threads.create)).id })
        assert.match(
          yield* refused(400, Runs.createThreadAndRun, { thread: {} }),
          /^1 validation error for Request\nbody -> assistant_id\n/
        )
      })
    )
  })

  describe("streams", () => {
    const messageEvents = [
      "thread.run.in_progress",
      "thread.run.step.created",
      "thread.run.step.in_progress",
      "thread.message.created",
      "thread.message.in_progress",
      "thread.message.delta",
      "thread.message.completed",
      "thread.run.step.completed",
      "thread.run.completed"
    ]

    test(
      "text comes in deltas, in the documented order",
      Effect.gen(function*() {
        const path = yield* setUp("Hello, you there")
        const all = yield* streamed(Runs.create, { ...path })
        assert.deepStrictEqual(namesOf(all), ["thread.run.created", "thread.run.queued", ...messageEvents])
        assert.deepStrictEqual(gathered(all), ["You", " said", ":", " Hello", ",", " you", " there"])
        const { id: run_id } = only("thread.run.created")(all)
        const at = { thread_id: path.thread_id, run_id }
        assert.deepStrictEqual(only("thread.run.completed")(all), yield* ok(Runs.retrieve, at))
        assert.deepStrictEqual(only("thread.message.completed")(all), yield* replyOf(at))
        assert.deepStrictEqual(only("thread.run.step.completed")(all), (yield* stepsOf(at))[0])
      })
    )

    test(
      "a thread comes first where it is created too",
      Effect.gen(function*() {
        const { id: assistant_id } = yield* ok(Assistants.create, { model })
        const thread = { messages: [{ role: "user", content: "Hi" }], metadata: { a: "b" } }
        const all = yield* streamed(Runs.createThreadAndRun, { assistant_id, thread })
        assert.deepStrictEqual(namesOf(all), [
          "thread.created",
          "thread.run.created",
          "thread.run.queued",
          ...messageEvents
        ])
        assert.deepInclude(all[0]!.data, { metadata: { a: "b" } })
        const run = yield* ok(Runs.createThreadAndRun, { assistant_id, thread })
        assert.deepStrictEqual((yield* poll({ thread_id: run.thread_id, run_id: run.id })).seen, [
          "in_progress",
          "completed"
        ])
        yield* ok(Runs.createThreadAndRun, { assistant_id })
      })
    )

    test(
      "functions end a stream, and their outputs begin the next",
      Effect.gen(function*() {
        const path = yield* setUp("get_weather in \"Oslo\"", { tools: [weather] })
        const all = yield* streamed(Runs.create, { ...path })
        assert.deepStrictEqual(namesOf(all), [
          "thread.run.created",
          "thread.run.queued",
          "thread.run.in_progress",
          "thread.run.step.created",
          "thread.run.step.in_progress",
          "thread.run.step.delta",
          "thread.run.requires_action"
        ])
        const deltas = all.filter(({ event }) => event === "thread.run.step.delta").map(({ data }) =>
          data.delta.step_details.tool_calls[0]
        )
        const run = only("thread.run.requires_action")(all)
        const [{ function: called, id }] = run.required_action.submit_tool_outputs.tool_calls
        assert.deepStrictEqual(deltas[0], {
          index: 0,
          id,
          type: "function",
          function: { name: "get_weather", arguments: "", output: null }
        })
        assert.isAbove(deltas.length, 2)
        assert.strictEqual(deltas.map((delta) => delta.function.arguments).join(""), called.arguments)

        const at = { thread_id: path.thread_id, run_id: run.id }
        yield* refused(400, Runs.submitToolOutputs, { ...at, tool_outputs: [], stream: true })
        const next = yield* streamed(Runs.submitToolOutputs, { ...at, tool_outputs: outputsFor(run, "cold") })
        assert.deepStrictEqual(namesOf(next), ["thread.run.step.completed", "thread.run.queued", ...messageEvents])
        assert.strictEqual(gathered(next).join(""), "get_weather returned: cold")
        assert.strictEqual(next[0]!.data.step_details.tool_calls[0].function.output, "cold")
      })
    )

    test(
      "tools of the server's own have their steps, and citations their delta",
      Effect.gen(function*() {
        const file = yield* upload("facts.txt", "Seven stars shine.")
        const path = yield* setUp("How many stars are 3 + 4 ?", {
          tools: [{ type: "retrieval" }, { type: "code_interpreter" }],
          file_ids: [file]
        })
        const all = yield* streamed(Runs.create, { ...path })
        const tool = [
          "thread.run.step.created",
          "thread.run.step.in_progress",
          "thread.run.step.delta",
          "thread.run.step.completed"
        ]
        assert.deepStrictEqual(namesOf(all), [
          "thread.run.created",
          "thread.run.queued",
          messageEvents[0],
          ...tool,
          ...tool,
          ...messageEvents.slice(1)
        ])
        const cited = all.filter(({ event }) => event === "thread.message.delta").at(-1)!.data.delta.content[0].text
        const { content: [{ text }] } = only("thread.message.completed")(all)
        assert.deepStrictEqual(cited, { annotations: [{ index: 0, ...text.annotations[0] }] })
        assert.strictEqual(gathered(all).join(""), text.value)
      })
    )
  })

  describe("a model that never ends", () => {
    const silent = on(target, scripted(() => Effect.never))
    const babbling = on(
      target,
      scripted(() =>
        Effect.succeed(
          Model.textStream(Stream.concat(Stream.make("Once", " there").pipe(Stream.rechunk(1)), Stream.never))
        )
      )
    )

    /** Begins a stream, and waits for an event of it. */
    const until = (name: string, fields: object) =>
      Effect.gen(function*() {
        const seen: Array<Event> = []
        const reached = yield* Deferred.make<Event>()
        const fiber = yield* Effect.fork(Stream.runForEach(events(Runs.create, { ...fields }), (event) => {
          seen.push(event)
          return event.event === name ? Deferred.succeed(reached, event) : Effect.void
        }))
        const { data } = yield* Effect.raceFirst(
          Deferred.await(reached),
          Effect.zipRight(Fiber.join(fiber), Effect.never)
        )
        return { data, fiber, seen }
      })

    /** Waits for what happens at the other end of a socket. */
    const eventually = (status: string, path: Path) =>
      ok(Runs.retrieve, { ...path }).pipe(
        Effect.repeat({ until: (run) => run.status === status }),
        Effect.timeoutFail({ duration: "50 seconds", onTimeout: () => `never ${status}` }),
        Effect.withClock(Clock.make())
      )

    silent(
      "the run continues where its stream is left, and locks its thread",
      Effect.gen(function*() {
        const path = yield* setUp("Hi")
        const { data, fiber } = yield* until("thread.run.in_progress", path)
        const at = { thread_id: path.thread_id, run_id: data.id }
        yield* Fiber.interrupt(fiber)
        yield* refused(400, Messages.create, { thread_id: path.thread_id, role: "user", content: "x" })
        assert.strictEqual((yield* ok(Runs.retrieve, at)).status, "in_progress")
        yield* ok(Runs.cancel, at)
        assert.isNumber((yield* eventually("cancelled", at)).cancelled_at)
        yield* ok(Messages.create, { thread_id: path.thread_id, role: "user", content: "x" })
      })
    )

    babbling(
      "a run that is cancelled after its stream was left keeps what it wrote",
      Effect.gen(function*() {
        const path = yield* setUp("Hi")
        const { data: { id: message_id }, fiber, seen } = yield* until("thread.message.delta", path)
        const at = { thread_id: path.thread_id, run_id: only("thread.run.created")(seen).id }
        yield* Fiber.interrupt(fiber)
        yield* ok(Runs.cancel, at)
        yield* eventually("cancelled", at)
        const message = yield* ok(Messages.retrieve, { thread_id: path.thread_id, message_id })
        assert.deepInclude(message, { status: "incomplete", incomplete_details: { reason: "run_cancelled" } })
        assert.match(textOf(message), /^Once/)
        assert.strictEqual((yield* stepsOf(at))[0].status, "cancelled")
      })
    )

    babbling(
      "a run that is cancelled ends its stream",
      Effect.gen(function*() {
        const path = yield* setUp("Hi")
        const { fiber, seen } = yield* until("thread.message.delta", path)
        const at = { thread_id: path.thread_id, run_id: only("thread.run.created")(seen).id }
        assert.strictEqual((yield* ok(Runs.cancel, at)).status, "cancelling")
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(namesOf(seen).slice(-6), [
          "thread.message.delta",
          "thread.run.cancelling",
          "thread.message.incomplete",
          "thread.run.step.cancelled",
          "thread.run.cancelled",
          "done"
        ])
        assert.strictEqual((yield* ok(Runs.retrieve, at)).status, "cancelled")
      })
    )

    silent(
      "a run whose time is over ends its stream",
      Effect.gen(function*() {
        const path = yield* setUp("Hi")
        const { fiber, seen } = yield* until("thread.run.in_progress", path)
        yield* TestClock.adjust("10 minutes")
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(namesOf(seen).slice(-2), ["thread.run.expired", "done"])
      })
    )

    silent(
      "a thread that is deleted meanwhile ends the stream with an error",
      Effect.gen(function*() {
        const path = yield* setUp("Hi")
        const { fiber, seen } = yield* until("thread.run.in_progress", path)
        yield* ok(Threads.delete, { thread_id: path.thread_id })
        yield* Fiber.join(fiber)
        assert.strictEqual(seen.at(-1)!.event, "error")
        assert.match(seen.at(-1)!.data.message, /^No run found/)
      })
    )
  })

  describe("a model that fails", () => {
    const error = new Model.ModelError({ code: "rate_limit_exceeded", message: "Too much." })

    const failing = on(target, scripted(() => Effect.fail(error)))
    failing(
      "fails the run",
      Effect.gen(function*() {
        const path = yield* begin("Hi")
        const { run, seen } = yield* poll(path)
        assert.deepStrictEqual(seen, ["in_progress", "failed"])
        assert.deepInclude(run, { last_error: { code: error.code, message: error.message } })
        assert.isNumber(run.failed_at)
        const all = yield* streamed(Runs.create, { thread_id: path.thread_id, assistant_id: path.assistant_id })
        assert.strictEqual(all.at(-1)!.event, "thread.run.failed")
      })
    )

    on(target, scripted(() => Effect.die(new Error("secret"))))(
      "fails the run without the message of its defect",
      Effect.gen(function*() {
        const { run } = yield* poll(yield* begin("Hi"))
        assert.deepInclude(run, { last_error: { code: "server_error", message: "The model failed." } })
      })
    )

    on(
      target,
      scripted(() => Effect.succeed(Model.textStream(Stream.concat(Stream.make("Once"), Stream.fail(error)))))
    )(
      "fails the step and the message in progress",
      Effect.gen(function*() {
        const path = yield* setUp("Hi")
        const all = yield* streamed(Runs.create, { ...path })
        assert.deepStrictEqual(namesOf(all).slice(-4), [
          "thread.message.delta",
          "thread.message.incomplete",
          "thread.run.step.failed",
          "thread.run.failed"
        ])
        assert.deepInclude(only("thread.message.incomplete")(all), { incomplete_details: { reason: "run_failed" } })
        assert.deepInclude(only("thread.run.step.failed")(all), {
          last_error: { code: error.code, message: error.message }
        })
      })
    )

    on(target, scripted(() => Effect.succeed(Model.retrieval)))(
      "or that comes to no end does too",
      Effect.gen(function*() {
        assert.strictEqual((yield* poll(yield* begin("Hi"))).run.status, "failed")
      })
    )
  })

  it.live("the same seed gives the same events", () => {
    const run = Effect.flatMap(setUp("get_weather", { tools: [weather] }), (path) => streamed(Runs.create, { ...path }))
    const layer = (seed: string) =>
      target.layer({ ids: Ids.layerSeeded(seed), clock: Emulator.clockAt("2024-04-15T12:00:00Z") })
    return Effect.gen(function*() {
      const first = yield* Effect.provide(run, layer("a"))
      assert.deepStrictEqual(yield* Effect.provide(run, layer("a")), first)
      assert.notDeepEqual(yield* Effect.provide(run, layer("b")), first)
    })
  })

  on(target, { model: Layer.succeed(Model.Model, { reply: () => Effect.never }) })(
    "a model that takes time is not polled without a pause over HTTP",
    Effect.gen(function*() {
      const { run_id, thread_id } = yield* begin("Hi")
      const { headers } = yield* call(Runs.retrieve, { thread_id, run_id })
      assert.strictEqual(headers["openai-poll-after-ms"], target.isInProcess ? "0" : "100")
    })
  )

  on(target, { pollAfter: "2 seconds" })(
    "the time between looks can be set",
    Effect.gen(function*() {
      const { run_id, thread_id } = yield* begin("Hi")
      const { headers } = yield* call(Runs.retrieve, { thread_id, run_id })
      assert.strictEqual(headers["openai-poll-after-ms"], "2000")
    })
  )
})
