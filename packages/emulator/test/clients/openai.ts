import { assert } from "@effect/vitest"
import { createReadStream } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type * as Module from "openai"
import type OpenAI from "openai"
import type * as Module7 from "openai-7"
import type OpenAI7 from "openai-7"
import { administration } from "./administration.js"
import { type Check, type Client, collect, type Given, model, rejection, settled, weather } from "./client.js"

type Sdk = typeof Module

/** A check of the SDK, unchanged except for its `baseURL`. */
const check = (
  title: string,
  use: (openai: OpenAI, sdk: Sdk, given: Given) => Promise<void>,
  options: Check["options"] = {}
) =>
(name: string): Check => ({
  title,
  options,
  run: async (given) => {
    const sdk: Sdk = await given.load(name)
    await use(new sdk.default({ apiKey: given.apiKey, baseURL: given.baseURL, maxRetries: 0 }), sdk, given)
  }
})

const textOf = ({ content: [part] }: OpenAI.Beta.Threads.Message): string =>
  part?.type === "text" ? part.text.value : ""

const outputs = (run: OpenAI.Beta.Threads.Run, output: string) =>
  run.required_action!.submit_tool_outputs.tool_calls.map(({ id }) => ({ tool_call_id: id, output }))

const everywhere = [
  check("assistants in pages", async (openai, sdk) => {
    const names = ["a", "b", "c", "d", "e"]
    for (const name of names) await openai.beta.assistants.create({ model, name })
    const listed = await collect(openai.beta.assistants.list({ limit: 2, order: "asc" }))
    assert.deepStrictEqual(listed.map(({ name }) => name), names)
    const [first] = listed
    assert.strictEqual((await openai.beta.assistants.update(first!.id, { name: "z" })).name, "z")
    assert.strictEqual((await openai.beta.assistants.retrieve(first!.id)).name, "z")
    assert.isTrue((await openai.beta.assistants.del(first!.id)).deleted)
    const error = await rejection(openai.beta.assistants.retrieve(first!.id))
    assert.instanceOf(error, sdk.default.NotFoundError)
    assert.include((error as Error).message, `No assistant found with id '${first!.id}'.`)
  }),
  check("files, attached, cited and downloaded", async (openai, sdk) => {
    const content = "Seven stars shine."
    const file = await openai.files.create({
      file: await sdk.toFile(Buffer.from(content), "stars.txt"),
      purpose: "assistants"
    })
    assert.deepInclude(file, { filename: "stars.txt", bytes: content.length, purpose: "assistants" })
    const { id } = await openai.beta.assistants.create({ model, tools: [{ type: "retrieval" }], file_ids: [file.id] })
    assert.deepStrictEqual((await collect(openai.beta.assistants.files.list(id))).map(({ id }) => id), [file.id])
    assert.strictEqual(await (await openai.files.content(file.id)).text(), content)
    assert.deepStrictEqual((await collect(openai.files.list())).map(({ id }) => id), [file.id])

    const created = await openai.beta.threads.createAndRun({
      assistant_id: id,
      thread: { messages: [{ role: "user", content: "How many stars shine?" }] }
    })
    const run = await settled(created, () => openai.beta.threads.runs.retrieve(created.thread_id, created.id))
    assert.strictEqual(run.status, "completed")
    const [reply] = await collect(openai.beta.threads.messages.list(run.thread_id))
    const [part] = reply!.content
    assert.deepInclude(part?.type === "text" ? part.text.annotations[0] : undefined, {
      type: "file_citation",
      file_citation: { file_id: file.id, quote: content }
    })
  }),
  check("runs with a function, polled", async (openai, sdk) => {
    const assistant = await openai.beta.assistants.create({ model, tools: [weather as any] })
    const thread = await openai.beta.threads.create()
    await openai.beta.threads.messages.create(thread.id, { role: "user", content: "get_weather of \"Oslo\"" })
    const retrieve = (id: string) => () => openai.beta.threads.runs.retrieve(thread.id, id)
    const created = await openai.beta.threads.runs.create(thread.id, { assistant_id: assistant.id })
    const run = await settled(created, retrieve(created.id))
    const calls = run.required_action!.submit_tool_outputs.tool_calls
    assert.deepStrictEqual(calls.map(({ function: called }) => [called.name, JSON.parse(called.arguments)]), [
      ["get_weather", { city: "Oslo" }]
    ])
    const submitted = await openai.beta.threads.runs.submitToolOutputs(thread.id, run.id, {
      tool_outputs: outputs(run, "cold")
    })
    assert.deepInclude(await settled(submitted, retrieve(run.id)), { status: "completed", last_error: null })
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
    assert.instanceOf(error, sdk.default.BadRequestError)
    assert.include((error as Error).message, "Cannot cancel run with status 'completed'.")
  }),
  check("chat, streamed and with `runTools`", async (openai) => {
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
      tools: [
        { type: "function", function: { ...weather.function, parse: JSON.parse, function: () => "cold" } } as never
      ]
    })
    assert.strictEqual(await runner.finalContent(), "get_weather returned: cold")
  }),
  check("embeddings as floats and as base64", async (openai) => {
    const create = (encoding_format: "base64" | "float") =>
      openai.embeddings.create({ model: "text-embedding-3-small", input: "hello", encoding_format })
    const { data: [floats] } = await create("float")
    const { data: [base64] } = await create("base64")
    const bytes = Buffer.from(base64!.embedding as unknown as string, "base64")
    const decoded = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(4 * index))
    assert.deepStrictEqual(decoded, Array.from(new Float32Array(floats!.embedding)))
    assert.include((await collect(openai.models.list())).map(({ id }) => id), model)
  }),
  check("refusals of a key and of a body", async (openai, sdk, { baseURL }) => {
    const stranger = new sdk.default({ apiKey: "sk-wrong-wrong-wrong-wrong", baseURL, maxRetries: 0 })
    const unknown = await rejection(stranger.models.list())
    assert.instanceOf(unknown, sdk.default.AuthenticationError)
    assert.deepInclude(unknown, { status: 401, code: "invalid_api_key" })
    const broken = await rejection(openai.beta.assistants.create({ model: 7 as never }))
    assert.instanceOf(broken, sdk.default.BadRequestError)
    assert.include((broken as Error).message, "body -> model")
    assert.match((broken as InstanceType<typeof OpenAI.APIError>).headers!["x-request-id"]!, /^req_/)
  }),
  check("retries after 429", async (openai, sdk, { apiKey, baseURL }) => {
    assert.instanceOf(await rejection(openai.models.list()), sdk.default.RateLimitError)
    const patient = new sdk.default({ apiKey, baseURL, maxRetries: 1 })
    assert.isAbove((await patient.models.list()).data.length, 0)
  }, {
    faults: { rules: [{ operation: "listModels", times: 2, fault: { type: "rate_limit", retry_after_ms: 10 } }] }
  })
]

/** What the last version with Assistants v1 added. */
const helpers = [
  check("`createAndPoll` and `submitToolOutputsAndPoll`", async (openai) => {
    const assistant = await openai.beta.assistants.create({ model, tools: [weather as any] })
    const thread = await openai.beta.threads.create({ messages: [{ role: "user", content: "get_weather, please" }] })
    const run = await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id })
    const ended = await openai.beta.threads.runs.submitToolOutputsAndPoll(thread.id, run.id, {
      tool_outputs: outputs(run, "cold")
    })
    assert.strictEqual(ended.status, "completed")
  }),
  check("events of runs, by `stream`", async (openai) => {
    const assistant = await openai.beta.assistants.create({ model, tools: [weather as any] })
    const thread = await openai.beta.threads.create({ messages: [{ role: "user", content: "get_weather, please" }] })
    const first = openai.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id })
    let written = ""
    first.on("toolCallDelta", (delta) => {
      if (delta.type === "function") written += delta.function?.arguments ?? ""
    })
    const run = await first.finalRun()
    assert.strictEqual(written, run.required_action!.submit_tool_outputs.tool_calls[0]!.function.arguments)

    const second = openai.beta.threads.runs.submitToolOutputsStream(thread.id, run.id, {
      tool_outputs: outputs(run, "warm")
    })
    let said = ""
    second.on("textDelta", ({ value }) => {
      said += value ?? ""
    })
    assert.deepStrictEqual((await second.finalMessages()).map(textOf), ["get_weather returned: warm"])
    assert.strictEqual(said, "get_weather returned: warm")
    assert.strictEqual((await second.finalRun()).status, "completed")
  })
]

const media = [
  check("speech, written into a file and transcribed in each format", async (openai) => {
    const input = "The harbour is quiet."
    const response = await openai.audio.speech.create({ model: "tts-1", voice: "nova", input, response_format: "wav" })
    const folder = await mkdtemp(join(tmpdir(), "speech-"))
    try {
      const path = join(folder, "speech.wav")
      await writeFile(path, Buffer.from(await response.arrayBuffer()))
      const transcribe = (response_format: "json" | "text" | "srt" | "verbose_json" | "vtt") =>
        openai.audio.transcriptions.create({ file: createReadStream(path), model: "whisper-1", response_format })
      assert.deepStrictEqual(await transcribe("json"), { text: input })
      assert.strictEqual(await transcribe("text") as unknown, `${input}\n`)
      assert.match(
        await transcribe("srt") as unknown as string,
        /^1\n00:00:00,000 --> .*\nThe harbour is quiet\.\n\n\n$/
      )
      assert.match(await transcribe("vtt") as unknown as string, /^WEBVTT\n\n00:00:00\.000 --> .*\nThe harbour is/)
      assert.deepInclude<object>(await transcribe("verbose_json"), {
        text: input,
        language: "english",
        task: "transcribe"
      })
      const words: unknown = await openai.audio.transcriptions.create({
        file: createReadStream(path),
        model: "whisper-1",
        response_format: "verbose_json",
        timestamp_granularities: ["word"]
      })
      assert.deepStrictEqual(
        (words as { readonly words: ReadonlyArray<{ readonly word: string }> }).words.map(({ word }) => word),
        ["The", "harbour", "is", "quiet"]
      )
      const translated = await openai.audio.translations.create({ file: createReadStream(path), model: "whisper-1" })
      assert.strictEqual(translated.text, input)
    } finally {
      await rm(folder, { recursive: true })
    }
  }),
  check("images, generated, edited and varied", async (openai, sdk) => {
    const { data: [generated] } = await openai.images.generate({ prompt: "A harbour", size: "256x256" })
    const bytes = await (await fetch(generated!.url!)).arrayBuffer()
    const image = () => sdk.toFile(bytes, "image.png")
    const edited = await openai.images.edit({
      image: await image(),
      mask: await image(),
      prompt: "A boat",
      n: 2,
      size: "256x256",
      response_format: "b64_json"
    })
    assert.lengthOf(edited.data, 2)
    assert.strictEqual(Buffer.from(edited.data[0]!.b64_json!, "base64").toString("latin1", 1, 4), "PNG")
    const varied = await openai.images.createVariation({ image: await image(), size: "256x256" })
    assert.strictEqual((await fetch(varied.data[0]!.url!)).headers.get("content-type"), "image/png")
    const error = await rejection(
      openai.images.createVariation({ image: await sdk.toFile(Buffer.from("no"), "image.png") })
    )
    assert.instanceOf(error, sdk.default.BadRequestError)
    assert.include((error as Error).message, "Uploaded image must be a PNG and less than 4 MB.")
  })
]

const examples = Array.from({ length: 10 }, (_, index) =>
  JSON.stringify({
    messages: [{ role: "user", content: `How many stars, ${index}?` }, { role: "assistant", content: "Seven." }]
  })).join("\n")

const jobs = [
  check("the life of a fine-tuning job, and its model", async (openai, sdk) => {
    const upload = async () =>
      (await openai.files.create({
        file: await sdk.toFile(Buffer.from(examples), "training.jsonl"),
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
    assert.instanceOf(await rejection(jobs.retrieve("123")), sdk.default.NotFoundError)
  })
]

/** What the last version with Assistants v1 does not have. */
const newer = [
  check("batches with their files, uploads in parts", async (client, sdk) => {
    const openai = client as unknown as OpenAI7
    const { toFile } = sdk as unknown as typeof Module7
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
      part_ids.push((await openai.uploads.parts.create(id, { data: await toFile(Buffer.from(data), "part") })).id)
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
    assert.instanceOf(await rejection(openai.batches.cancel(batch.id)), sdk.default.ConflictError)
    const other = await openai.uploads.create({
      filename: "a.txt",
      purpose: "assistants",
      bytes: 1,
      mime_type: "text/plain"
    })
    assert.strictEqual((await openai.uploads.cancel(other.id)).status, "cancelled")
  })
]

const version = (name: string, checks: typeof everywhere): Client => ({
  title: "OpenAI's SDK",
  package: name,
  checks: checks.map((check) => check(name))
})

/** The last version with Assistants v1. */
export const last = version("openai", [...everywhere, ...helpers, ...media, ...jobs])

/** A version without Assistants v1, for the operations that came later. */
export const later = version("openai-7", [...newer, administration])

export const earlier = [version("openai-4.20", everywhere), version("openai-4.28", everywhere)]
