import { Emulator } from "@effect-openai/emulator"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { createServer } from "node:http"
import OpenAI, { toFile } from "openai"
import OpenAI7, { toFile as toFile7 } from "openai-7"
import { apiKey } from "./utils.js"

// The last official SDK with Assistants v1, unchanged except for its `baseURL`.

const sdk = (name: string, use: (openai: OpenAI, baseURL: string) => Promise<void>, options: Emulator.Options = {}) =>
  it.live(name, () =>
    Effect.gen(function*() {
      const baseURL = yield* Emulator.baseUrl
      yield* Effect.promise(() => use(new OpenAI({ apiKey, baseURL, maxRetries: 0 }), baseURL))
    }).pipe(
      Effect.provide(Layer.provideMerge(
        Emulator.layerHttp({ apiKeys: [Redacted.make(apiKey)], pollAfter: "10 millis", ...options }),
        NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
      ))
    ), 60_000)

const model = "gpt-4-turbo"

const getWeather: OpenAI.Beta.FunctionTool = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] }
  }
}

const collect = async <A>(items: AsyncIterable<A>): Promise<Array<A>> => {
  const all: Array<A> = []
  for await (const item of items) all.push(item)
  return all
}

const rejection = async (promise: PromiseLike<unknown>) => {
  try {
    await promise
  } catch (error) {
    return error
  }
  return assert.fail("nothing was refused")
}

const textOf = ({ content: [part] }: OpenAI.Beta.Threads.Message): string =>
  part?.type === "text" ? part.text.value : ""

describe("The official SDK", () => {
  sdk("keeps assistants, and pages through them", async (openai) => {
    const names = ["a", "b", "c", "d", "e"]
    for (const name of names) await openai.beta.assistants.create({ model, name })
    const listed = await collect(openai.beta.assistants.list({ limit: 2, order: "asc" }))
    assert.deepStrictEqual(listed.map(({ name }) => name), names)
    const [first] = listed
    assert.strictEqual((await openai.beta.assistants.update(first!.id, { name: "z" })).name, "z")
    assert.strictEqual((await openai.beta.assistants.retrieve(first!.id)).name, "z")
    assert.isTrue((await openai.beta.assistants.del(first!.id)).deleted)
    const error = await rejection(openai.beta.assistants.retrieve(first!.id))
    assert.instanceOf(error, OpenAI.NotFoundError)
    assert.include((error as Error).message, `No assistant found with id '${first!.id}'.`)
  })

  sdk("uploads files, attaches and downloads them", async (openai) => {
    const content = "Seven stars shine."
    const file = await openai.files.create({
      file: await toFile(Buffer.from(content), "stars.txt"),
      purpose: "assistants"
    })
    assert.deepInclude(file, { filename: "stars.txt", bytes: content.length, purpose: "assistants" })
    const { id } = await openai.beta.assistants.create({ model, tools: [{ type: "retrieval" }], file_ids: [file.id] })
    assert.deepStrictEqual((await collect(openai.beta.assistants.files.list(id))).map(({ id }) => id), [file.id])
    assert.strictEqual(await (await openai.files.content(file.id)).text(), content)
    assert.deepStrictEqual((await collect(openai.files.list())).map(({ id }) => id), [file.id])

    const run = await openai.beta.threads.createAndRunPoll({
      assistant_id: id,
      thread: { messages: [{ role: "user", content: "How many stars shine?" }] }
    })
    assert.strictEqual(run.status, "completed")
    const [reply] = await collect(openai.beta.threads.messages.list(run.thread_id))
    const [part] = reply!.content
    assert.deepInclude(part?.type === "text" ? part.text.annotations[0] : undefined, {
      type: "file_citation",
      file_citation: { file_id: file.id, quote: content }
    })
  })

  sdk("polls a run, calls its function, and polls on", async (openai) => {
    const assistant = await openai.beta.assistants.create({ model, tools: [getWeather] })
    const thread = await openai.beta.threads.create()
    await openai.beta.threads.messages.create(thread.id, { role: "user", content: "get_weather of \"Oslo\"" })
    const run = await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id })
    assert.strictEqual(run.status, "requires_action")
    const calls = run.required_action!.submit_tool_outputs.tool_calls
    assert.deepStrictEqual(calls.map(({ function: called }) => [called.name, JSON.parse(called.arguments)]), [
      ["get_weather", { city: "Oslo" }]
    ])
    const ended = await openai.beta.threads.runs.submitToolOutputsAndPoll(thread.id, run.id, {
      tool_outputs: calls.map(({ id }) => ({ tool_call_id: id, output: "cold" }))
    })
    assert.deepInclude(ended, { status: "completed", last_error: null })
    assert.strictEqual(
      textOf((await openai.beta.threads.messages.list(thread.id)).data[0]!),
      "get_weather returned: cold"
    )
    const steps = await collect(openai.beta.threads.runs.steps.list(thread.id, run.id, { order: "asc" }))
    assert.deepStrictEqual(steps.map(({ status, type }) => [type, status]), [
      ["tool_calls", "completed"],
      ["message_creation", "completed"]
    ])
    const error = await rejection(openai.beta.threads.runs.cancel(thread.id, run.id))
    assert.instanceOf(error, OpenAI.BadRequestError)
    assert.include((error as Error).message, "Cannot cancel run with status 'completed'.")
  })

  sdk("follows a run's events, and those after its outputs", async (openai) => {
    const assistant = await openai.beta.assistants.create({ model, tools: [getWeather] })
    const thread = await openai.beta.threads.create({ messages: [{ role: "user", content: "get_weather, please" }] })
    const first = openai.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id })
    let written = ""
    first.on("toolCallDelta", (delta) => {
      if (delta.type === "function") written += delta.function?.arguments ?? ""
    })
    const run = await first.finalRun()
    const calls = run.required_action!.submit_tool_outputs.tool_calls
    assert.strictEqual(written, calls[0]!.function.arguments)

    const second = openai.beta.threads.runs.submitToolOutputsStream(thread.id, run.id, {
      tool_outputs: calls.map(({ id }) => ({ tool_call_id: id, output: "warm" }))
    })
    let said = ""
    second.on("textDelta", ({ value }) => {
      said += value ?? ""
    })
    assert.deepStrictEqual((await second.finalMessages()).map(textOf), ["get_weather returned: warm"])
    assert.strictEqual(said, "get_weather returned: warm")
    assert.strictEqual((await second.finalRun()).status, "completed")
  })

  sdk("chats, in one response and in pieces, with a function", async (openai) => {
    const messages = [{ role: "user" as const, content: "Hello there" }]
    const { choices: [choice] } = await openai.chat.completions.create({ model, messages })
    assert.strictEqual(choice?.message.content, "You said: Hello there")
    const chunks = await collect(await openai.chat.completions.create({ model, messages, stream: true }))
    assert.strictEqual(
      chunks.map(({ choices: [choice] }) => choice?.delta.content ?? "").join(""),
      "You said: Hello there"
    )

    const runner = openai.beta.chat.completions.runTools({
      model,
      messages: [{ role: "user", content: "Use get_weather" }],
      tools: [{
        type: "function",
        function: { ...getWeather.function, parse: JSON.parse, function: () => "cold", description: "The weather" }
      } as never]
    })
    assert.strictEqual(await runner.finalContent(), "get_weather returned: cold")
  })

  sdk("embeds, as floats and as base64, the same", async (openai) => {
    const create = (encoding_format: "base64" | "float") =>
      openai.embeddings.create({ model: "text-embedding-3-small", input: "hello", encoding_format })
    const { data: [floats] } = await create("float")
    const { data: [base64] } = await create("base64")
    const bytes = Buffer.from(base64!.embedding as unknown as string, "base64")
    const decoded = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(4 * index))
    assert.deepStrictEqual(decoded, Array.from(new Float32Array(floats!.embedding)))
    assert.include((await collect(openai.models.list())).map(({ id }) => id), model)
  })

  sdk("refuses a wrong key, and a body that does not fit", async (openai, baseURL) => {
    const stranger = new OpenAI({ apiKey: "sk-wrong-wrong-wrong-wrong", baseURL, maxRetries: 0 })
    const unknown = await rejection(stranger.models.list())
    assert.instanceOf(unknown, OpenAI.AuthenticationError)
    assert.deepInclude(unknown, { status: 401, code: "invalid_api_key" })
    const broken = await rejection(openai.beta.assistants.create({ model: 7 as never }))
    assert.instanceOf(broken, OpenAI.BadRequestError)
    assert.include((broken as Error).message, "body -> model")
    assert.match((broken as InstanceType<typeof OpenAI.APIError>).headers!["x-request-id"]!, /^req_/)
  })

  sdk("retries after 429, at the time that the response names", async (openai, baseURL) => {
    assert.instanceOf(await rejection(openai.models.list()), OpenAI.RateLimitError)
    const patient = new OpenAI({ apiKey, baseURL, maxRetries: 1 })
    assert.isAbove((await patient.models.list()).data.length, 0)
  }, {
    faults: { rules: [{ operation: "listModels", times: 2, fault: { type: "rate_limit", retry_after_ms: 10 } }] }
  })

  const examples = Array.from({ length: 10 }, (_, index) =>
    JSON.stringify({
      messages: [{ role: "user", content: `How many stars, ${index}?` }, { role: "assistant", content: "Seven." }]
    })).join("\n")

  sdk("fine-tunes a model, and uses it", async (openai) => {
    const upload = async () =>
      (await openai.files.create({
        file: await toFile(Buffer.from(examples), "training.jsonl"),
        purpose: "fine-tune"
      })).id
    const training_file = await upload()
    const { jobs } = openai.fineTuning
    let job = await jobs.create({ model: "gpt-3.5-turbo", training_file, hyperparameters: { n_epochs: 2 } })
    assert.deepInclude(job, { status: "validating_files", model: "gpt-3.5-turbo-0125", result_files: [] })
    const seen: Array<string> = [job.status]
    while (job.finished_at === null) {
      job = await jobs.retrieve(job.id)
      if (seen.at(-1) !== job.status) seen.push(job.status)
    }
    assert.deepStrictEqual(seen, ["validating_files", "queued", "running", "succeeded"])
    const events = await collect(jobs.listEvents(job.id, { limit: 4 }))
    assert.strictEqual(events[0]?.message, "The job has successfully completed")
    assert.strictEqual(events.at(-1)?.message, `Created fine-tuning job: ${job.id}`)
    const model = job.fine_tuned_model!
    const { choices: [choice] } = await openai.chat.completions.create({
      model,
      messages: [{ role: "user", content: "Hello" }]
    })
    assert.strictEqual(choice?.message.content, "You said: Hello")
    const results = await (await openai.files.content(job.result_files[0]!)).text()
    assert.match(results, /^step,train_loss/)
    assert.isTrue((await openai.models.del(model)).deleted)
    const other = await jobs.create({ model: "gpt-3.5-turbo", training_file: await upload() })
    assert.strictEqual((await jobs.cancel(other.id)).status, "cancelled")
    assert.deepStrictEqual((await collect(jobs.list({ limit: 1 }))).map(({ id }) => id), [other.id, job.id])
    assert.instanceOf(await rejection(jobs.retrieve("123")), OpenAI.NotFoundError)
  })

  // These are newer than that version.
  sdk("runs a batch, and uploads its file in parts, in a newer version", async (_, baseURL) => {
    const openai = new OpenAI7({ apiKey, baseURL, maxRetries: 0 })
    const lines = ["a", "b"].map((custom_id) =>
      JSON.stringify({
        custom_id,
        method: "POST",
        url: "/v1/chat/completions",
        body: { model: "gpt-4o-mini", messages: [{ role: "user", content: custom_id }] }
      })
    ).join("\n")
    const { id } = await openai.uploads.create({
      filename: "batch.jsonl",
      purpose: "batch",
      bytes: lines.length,
      mime_type: "application/jsonl"
    })
    const part_ids: Array<string> = []
    for (const data of [lines.slice(0, 50), lines.slice(50)]) {
      part_ids.push((await openai.uploads.parts.create(id, { data: await toFile7(Buffer.from(data), "part") })).id)
    }
    const { file } = await openai.uploads.complete(id, { part_ids })
    let batch = await openai.batches.create({
      input_file_id: file!.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h"
    })
    while (batch.completed_at == null && batch.failed_at == null) batch = await openai.batches.retrieve(batch.id)
    assert.isNull(batch.errors)
    assert.deepStrictEqual(batch.request_counts, { total: 2, completed: 2, failed: 0 })
    const output = await (await openai.files.content(batch.output_file_id!)).text()
    const texts = output.trim().split("\n").map((line) => JSON.parse(line))
      .map(({ custom_id, response }) => [custom_id, response.body.choices[0].message.content])
    assert.deepStrictEqual(texts.sort(), [["a", "You said: a"], ["b", "You said: b"]])
    assert.deepStrictEqual((await collect(openai.batches.list())).map(({ id }) => id), [batch.id])
    assert.instanceOf(await rejection(openai.batches.cancel(batch.id)), OpenAI7.ConflictError)
    const other = await openai.uploads.create({
      filename: "a.txt",
      purpose: "assistants",
      bytes: 1,
      mime_type: "text/plain"
    })
    assert.strictEqual((await openai.uploads.cancel(other.id)).status, "cancelled")
  })
})
