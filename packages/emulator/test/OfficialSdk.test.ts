import { Emulator } from "@effect-openai/emulator"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { createReadStream } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import OpenAI, { toFile } from "openai"
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

  sdk("writes speech into a file, and transcribes it in each format", async (openai) => {
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
  })

  sdk("generates, edits and varies images", async (openai) => {
    const { data: [generated] } = await openai.images.generate({ prompt: "A harbour", size: "256x256" })
    const bytes = await (await fetch(generated!.url!)).arrayBuffer()
    const image = () => toFile(bytes, "image.png")
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
      openai.images.createVariation({ image: await toFile(Buffer.from("no"), "image.png") })
    )
    assert.instanceOf(error, OpenAI.BadRequestError)
    assert.include((error as Error).message, "Uploaded image must be a PNG and less than 4 MB.")
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
})
