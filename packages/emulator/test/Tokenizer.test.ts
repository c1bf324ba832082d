import { Assistants, ChatCompletions, ChatStream, Completions, Embeddings, Runs, Threads } from "@effect-openai/client"
import { Model, Tokenizer } from "@effect-openai/emulator"
import * as GptTokenizer from "@effect-openai/emulator/GptTokenizer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Layer, Stream } from "effect"
import { build } from "esbuild"
import * as cl100k from "gpt-tokenizer/encoding/cl100k_base"
import * as o200k from "gpt-tokenizer/encoding/o200k_base"
import { fileURLToPath } from "node:url"
import { vi } from "vitest"
import { inProcess } from "./utils.js"

const options = { disallowedSpecial: new Set<string>() }

/** A text that is tokens of other boundaries than its words, in pieces of other boundaries again. */
const text = "It's 2024: the naïve café's \u{1f469}\u200d\u{1f680} costs $1,234.56... <|endoftext|>"

const says = (text: string): Layer.Layer<Model.Model> =>
  Layer.succeed(Model.Model, {
    reply: () => Effect.succeed(Model.textStream(Stream.fromIterable(text.match(/.{1,3}/gsu) ?? [])))
  })

const withModel = (model?: Layer.Layer<Model.Model>) =>
  Effect.provide(Layer.orDie(inProcess.layer({ tokenizer: GptTokenizer.layer, model })))

const user = (content: string) => ({ role: "user" as const, content })

const anyText = FastCheck.string({ unit: "binary" })

describe("GptTokenizer", () => {
  it.effect.prop("the texts of tokens joined are the text", [anyText, FastCheck.constantFrom("gpt-4", "gpt-4o")], (
    [text, model]
  ) =>
    Effect.gen(function*() {
      const { count, tokenize } = yield* Tokenizer.Tokenizer
      const tokens = tokenize(text, model)
      assert.strictEqual(tokens.join(""), text)
      const expected = (model === "gpt-4" ? cl100k : o200k).countTokens(text, options)
      assert.strictEqual(tokens.length, expected)
      assert.strictEqual(count(text, model), expected)
    }).pipe(Effect.provide(GptTokenizer.layer)), { fastCheck: { numRuns: 20 } })

  it.effect("is named where its package is missing", () =>
    Effect.gen(function*() {
      vi.doMock("gpt-tokenizer/encoding/o200k_base", () => {
        throw new Error("not installed")
      })
      const error = yield* Effect.flip(Effect.scoped(Layer.build(GptTokenizer.layer)))
      assert.instanceOf(error, GptTokenizer.GptTokenizerError)
      assert.include(error.message, "npm install gpt-tokenizer@3")
    }).pipe(Effect.ensuring(Effect.sync(() => vi.doUnmock("gpt-tokenizer/encoding/o200k_base")))))

  it("is not loaded by those who do not ask for it", async () => {
    const { metafile } = await build({
      entryPoints: [fileURLToPath(new URL("../src/index.ts", import.meta.url))],
      bundle: true,
      packages: "external",
      format: "esm",
      metafile: true,
      write: false
    })
    const imports = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    assert.isAbove(imports.length, 100)
    assert.deepStrictEqual(imports.filter((path) => path.startsWith("gpt-tokenizer")), [])
  })
})

describe("with GptTokenizer", () => {
  for (const [model, { countTokens, encodeChat }] of [["gpt-4", cl100k], ["gpt-4o", o200k]] as const) {
    it.effect(`chat completions of ${model} count as the model does, streamed or not`, () =>
      Effect.gen(function*() {
        const messages = [{ role: "system" as const, content: "Be brief." }, user(text)]
        const [whole, streamed] = yield* Effect.all([
          ChatCompletions.create({ model, messages }),
          ChatStream.final(
            ChatCompletions.create.stream({ model, messages, stream_options: { include_usage: true } })
          )
        ])
        const prompt_tokens = encodeChat(messages, model, options).length
        const completion_tokens = countTokens(text, options)
        const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
        assert.deepInclude(whole.usage, usage)
        assert.deepInclude(streamed.usage, usage)
        assert.strictEqual(whole.choices[0]?.message.content, text)
        assert.strictEqual(streamed.choices[0]?.content, text)
      }).pipe(withModel(says(text))))
  }

  it.effect.prop(
    "a reply is cut after the tokens that it may have",
    [FastCheck.string({ unit: "grapheme", minLength: 1, maxLength: 60 }), FastCheck.integer({ min: 1, max: 20 })],
    ([text, max_tokens]) =>
      Effect.gen(function*() {
        const { choices: [choice], usage } = yield* ChatCompletions.create({
          model: "gpt-4o",
          messages: [user("Continue")],
          max_tokens
        })
        const content = choice?.message.content ?? ""
        const isCut = o200k.countTokens(text, options) > max_tokens
        assert.isTrue(text.startsWith(content))
        assert.strictEqual(choice?.finish_reason, isCut ? "length" : "stop")
        if (!isCut) assert.strictEqual(content, text)
        assert.strictEqual(usage?.completion_tokens, o200k.countTokens(content, options))
        assert.isAtMost(o200k.countTokens(content, options), max_tokens)
      }).pipe(withModel(says(text))),
    { fastCheck: { numRuns: 20 } }
  )

  it.effect("the arguments of a call are streamed by tokens, and are complete", () =>
    Effect.gen(function*() {
      const call = { name: "look_up", arguments: JSON.stringify({ query: text }) }
      const model = Layer.succeed(Model.Model, { reply: () => Effect.succeed(Model.functionCalls(call)) })
      const tools = [{ type: "function" as const, function: { name: "look_up" } }]
      const request = { model: "gpt-4o", messages: [user("Hi")], tools }
      const { choices, usage } = yield* ChatStream.final(
        ChatCompletions.create.stream({ ...request, stream_options: { include_usage: true } })
      ).pipe(withModel(model))
      assert.deepInclude(choices[0]?.tool_calls[0]?.function, call)
      assert.strictEqual(
        usage?.completion_tokens,
        o200k.countTokens(call.name) + o200k.countTokens(call.arguments, options)
      )
    }))

  it.effect("runs count the tokens of their messages", () =>
    Effect.gen(function*() {
      const { id: assistant_id } = yield* Assistants.create({ model: "gpt-4o", instructions: "Be brief." })
      const { id: thread_id } = yield* Threads.create({ messages: [user(text)] })
      const { usage } = yield* Runs.createAndPoll({ thread_id, assistant_id })
      const messages = [{ role: "system" as const, content: "Be brief." }, user(text)]
      assert.strictEqual(usage?.prompt_tokens, o200k.encodeChat(messages, "gpt-4o", options).length)
      assert.strictEqual(usage?.completion_tokens, o200k.countTokens(text, options))
    }).pipe(withModel(says(text))))

  it.effect("a run ends at the tokens that it may have", () =>
    Effect.gen(function*() {
      const { id: assistant_id } = yield* Assistants.create({ model: "gpt-4o" })
      const { id: thread_id } = yield* Threads.create({ messages: [user("Continue")] })
      const { incomplete_details, usage } = yield* Runs.createAndPoll({
        thread_id,
        assistant_id,
        max_completion_tokens: 256
      })
      assert.strictEqual(incomplete_details?.reason, "max_completion_tokens")
      assert.strictEqual(usage?.completion_tokens, 256)
    }).pipe(withModel(says(text.repeat(20)))))

  it.effect("completions and embeddings count as their models do", () =>
    Effect.gen(function*() {
      const model = "gpt-3.5-turbo-instruct"
      const { usage } = yield* Completions.create({ model, prompt: text, max_tokens: 100 })
      const prompt_tokens = cl100k.countTokens(text, options)
      assert.deepInclude(usage, { prompt_tokens, completion_tokens: prompt_tokens })
      const embedded = yield* Embeddings.create({ model: "text-embedding-3-small", input: [text, text] })
      assert.strictEqual(embedded.usage?.prompt_tokens, 2 * prompt_tokens)
    }).pipe(withModel(says(text))))
})

it.effect("Another tokenizer counts for its emulator", () =>
  Effect.gen(function*() {
    const { usage } = yield* ChatCompletions.create({ model: "gpt-4o", messages: [user("Hello")] })
    assert.deepInclude(usage, { prompt_tokens: 5, completion_tokens: 3 })
  }).pipe(Effect.provide(inProcess.layer({
    model: says("Hi!"),
    tokenizer: Layer.succeed(Tokenizer.Tokenizer, {
      tokenize: (text) => [...text],
      count: (text) => [...text].length,
      perMessage: 0,
      perReply: 0
    })
  }))))

it.effect("Vectors do not depend on the tokenizer", () =>
  Effect.gen(function*() {
    const embedding = Effect.map(
      Embeddings.create({ model: "text-embedding-3-small", input: text, dimensions: 8 }),
      ({ data }) => data[0]?.embedding
    )
    assert.deepStrictEqual(
      yield* Effect.provide(embedding, inProcess.layer({})),
      yield* embedding.pipe(withModel())
    )
  }))
