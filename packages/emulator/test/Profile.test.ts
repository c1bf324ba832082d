import { Emulator, Model, Profile, Script } from "@effect-openai/emulator"
import * as Command from "@effect/cli/Command"
import { HttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Ref, Stream } from "effect"
import { gunzipSync } from "node:zlib"
import { optionsOf } from "../src/internal/cli/emulator.js"
import { type Given, options } from "../src/internal/cli/options.js"
import { apiKey, BaseUrl, inProcess, overHttp, send, sendJson } from "./utils.js"

const chat = (more: object = {}) => ({ model: "gpt-4o", messages: [{ role: "user", content: "Hello" }], ...more })

const model = Script.layer({
  turns: [
    {
      when: { message: "call" },
      replies: [{ type: "function_calls", calls: [{ name: "f", arguments: { a: 1 } }] }, {
        type: "text",
        text: "Done."
      }]
    },
    { replies: [{ type: "text", text: ["Hel", "lo."] }] }
  ]
})

const played = (profile: Profile.Profile, more: Emulator.Options = {}) =>
  inProcess.layer({ profile, model, clock: Emulator.clockAt("2024-04-15T00:00:00Z"), ...more })

const changing = (...changes: ReadonlyArray<Profile.Change>): Profile.Profile => ({
  title: "Test",
  facts: [{ description: "Differs.", sources: [], changes }]
})

const post = (body: unknown) => sendJson("POST", "/chat/completions", body)

describe("Profile", () => {
  it("every fact has a sentence, a source and a change", () => {
    for (const { facts } of Object.values<Profile.Profile>(Profile.profiles)) {
      for (const { changes, description, sources } of facts) {
        assert.match(description, /^[A-Z].*\.$/)
        for (const source of sources) assert.match(source, /^[\w.-]+\/[\w.-]+#\d+$/)
        assert.isAbove(sources.length, 0, description)
        assert.isAbove(changes.length, 0, description)
      }
    }
  })

  // ---------------------------------------------------------------------------
  // bodies
  // ---------------------------------------------------------------------------

  it.effect("changes fields of a response", () =>
    Effect.gen(function*() {
      const { json, text } = yield* post(chat())
      assert.deepStrictEqual(json.choices[0].message.content, [{ type: "note" }, { type: "text", text: "Hello." }])
      assert.strictEqual(json.choices[0].finish_reason, "end")
      assert.deepStrictEqual([json.kind, json.object, json.usage], ["chat.completion", undefined, undefined])
      assert.deepStrictEqual(json.extra, { a: 1 })
      assert.notInclude(text, "system_fingerprint")
    }).pipe(Effect.provide(played(changing(
      { type: "convert", in: "completion", path: "choices[].message.content", to: "parts", before: [{ type: "note" }] },
      { type: "finish_reason", in: "completion", from: "stop", to: "end" },
      { type: "rename", in: "completion", path: "object", to: "kind" },
      { type: "drop", in: "completion", path: "usage" },
      { type: "drop", in: "completion", path: "system_fingerprint" },
      { type: "set", in: "completion", path: "extra", value: { a: 1 } },
      { type: "set", in: "completion", path: "usage.total_tokens", value: 1 }
    )))))

  it.effect("sends a list without the object around it", () =>
    Effect.gen(function*() {
      const { json } = yield* send("GET", "/models")
      assert.isArray(json)
      assert.deepStrictEqual(json[0].id, "gpt-4o")
    }).pipe(Effect.provide(played(changing({ type: "unwrap", in: "models", path: "data" })))))

  it.effect("changes the other bodies, and no other operation", () =>
    Effect.gen(function*() {
      const one = yield* send("GET", "/models/gpt-4o")
      assert.deepStrictEqual(one.json, { id: "gpt-4o", object: "model", owned_by: "system" })
      const { json } = yield* sendJson("POST", "/embeddings", { model: "text-embedding-3-small", input: "a" })
      assert.deepStrictEqual(Object.keys(json), ["data", "model"])
      const { json: assistant } = yield* sendJson("POST", "/assistants", { model: "gpt-4o" })
      assert.strictEqual(assistant.object, "assistant")
    }).pipe(Effect.provide(played(changing(
      { type: "drop", in: "model", path: "created" },
      { type: "drop", in: "embeddings", path: "object" },
      { type: "drop", in: "embeddings", path: "usage" }
    )))))

  it.effect("compresses JSON if a request accepts it", () =>
    Effect.gen(function*() {
      const baseUrl = yield* BaseUrl
      const get = (accepted: string) =>
        HttpClient.get(`${baseUrl}/models`, {
          headers: { "authorization": `Bearer ${apiKey}`, "accept-encoding": accepted }
        })
      const compressed = yield* get("br, gzip")
      assert.strictEqual(compressed.headers["content-encoding"], "gzip")
      const bytes = new Uint8Array(yield* compressed.arrayBuffer)
      assert.strictEqual(compressed.headers["content-length"], String(bytes.length))
      assert.strictEqual(JSON.parse(gunzipSync(bytes).toString()).object, "list")
      const plain = yield* get("identity")
      assert.notProperty(plain.headers, "content-encoding")
      assert.include(yield* plain.text, "\"list\"")
    }).pipe(Effect.provide(played(changing({ type: "compress" })))))

  // ---------------------------------------------------------------------------
  // streams
  // ---------------------------------------------------------------------------

  it.effect("writes a stream in its own way", () =>
    Effect.gen(function*() {
      const { headers, text } = yield* post(chat({ stream: true }))
      assert.strictEqual(headers["content-type"], "text/plain")
      const lines = text.split("\r\n")
      assert.deepStrictEqual(lines.slice(0, 2), [": first", ""])
      assert.strictEqual(lines[4], ": second")
      assert.notInclude(text, "[DONE]")
      assert.notMatch(text, /[^\r]\n/)
      const chunks = lines.flatMap((line) => line.startsWith("data: ") ? [JSON.parse(line.slice(6))] : [])
      assert.deepStrictEqual(chunks.map(({ choices: [choice] }) => [choice?.delta.content, choice?.finish_reason]), [
        ["", null],
        ["Hel", null],
        ["lo.", "stop"]
      ])
    }).pipe(Effect.provide(played(changing(
      { type: "heartbeat", at: "start", text: ": first\n\n" },
      { type: "heartbeat", at: "after_first", text: ": second\n\n" },
      { type: "line_break", value: "\r\n" },
      { type: "stream_content_type", value: "text/plain" },
      { type: "early_finish" },
      { type: "no_done" }
    )))))

  it.effect("sends usage with the finish_reason, and null before it only where a request asks", () =>
    Effect.gen(function*() {
      for (const stream_options of [undefined, { include_usage: true }]) {
        const { text } = yield* post(chat({ stream: true, stream_options }))
        const chunks = text.split("\n\n").slice(0, -2).map((event) => JSON.parse(event.replace("data: ", "")))
        assert.deepStrictEqual(chunks.map(({ choices }) => choices.length), [1, 1, 1, 1])
        assert.strictEqual(chunks.at(-1).choices[0].finish_reason, "stop")
        assert.isAbove(chunks.at(-1).usage.total_tokens, 0)
        assert.strictEqual("usage" in chunks[0], stream_options !== undefined)
      }
    }).pipe(Effect.provide(played(changing({ type: "usage", at: "finish" })))))

  it.effect("sends an error in the middle of a stream as its own event", () =>
    Effect.gen(function*() {
      const { status, text } = yield* post(chat({ stream: true }))
      assert.strictEqual(status, 200)
      assert.include(text, "\"content\":\"Hel\"")
      assert.include(
        text,
        "\n\nevent: error\ndata: {\"error\":{\"message\":\"Compute error.\"},\"message\":\"Compute error.\"}\n\n"
      )
    }).pipe(Effect.provide(played(Profile.profiles.lmstudio, {
      model: Layer.succeed(Model.Model, {
        reply: () =>
          Effect.succeed(Model.textStream(
            Stream.concat(
              Stream.make("Hel"),
              Stream.fail(new Model.ModelError({ code: "server_error", message: "Compute error." }))
            ),
            () => ({})
          ))
      })
    }))))

  it.effect("sends a malformed event as it is", () =>
    Effect.gen(function*() {
      const { text } = yield* post(chat({ stream: true }))
      const events = text.split("\n\n").slice(0, -1)
      assert.lengthOf(events.filter((event) => !/^data: (?:\{.*\}|\[DONE\])$/.test(event)), 1)
      assert.include(text, "fp_ollama")
    }).pipe(Effect.provide(played(Profile.profiles.ollama, {
      faults: { rules: [{ fault: { type: "malformed", after_events: 1 } }] }
    }))))

  // ---------------------------------------------------------------------------
  // requests
  // ---------------------------------------------------------------------------

  it.effect("accepts a server's own fields, and no others", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        (yield* post(chat({ top_k: 5, chat_template_kwargs: { enable_thinking: false } }))).status,
        200
      )
      const { json, status } = yield* post(chat({ topk: 5 }))
      assert.strictEqual(status, 400)
      assert.deepStrictEqual([json.object, json.type, json.code, json.error], [
        "error",
        "BadRequestError",
        400,
        undefined
      ])
      assert.include(json.message, "topk")
    }).pipe(Effect.provide(played(Profile.profiles.vllm))))

  it.effect("refuses documented fields that a server does not know", () =>
    Effect.gen(function*() {
      const { json, status } = yield* post(chat({ max_completion_tokens: 5 }))
      assert.strictEqual(status, 422)
      assert.match(json.message.detail[0].msg, /max_completion_tokens: Extra inputs are not permitted/)
      assert.strictEqual((yield* post(chat({ max_tokens: 5 }))).status, 200)
    }).pipe(Effect.provide(played(Profile.profiles.mistral))))

  it.effect("accepts its own parts of a message that is sent back", () =>
    Effect.gen(function*() {
      const user = { role: "user", content: "Hello" }
      const { json } = yield* post({ model: "gpt-4o", messages: [user] })
      const [{ message }] = json.choices
      assert.deepStrictEqual(message.content.map(({ type }: any) => type), ["thinking", "text"])
      assert.strictEqual((yield* post({ model: "gpt-4o", messages: [user, message, user] })).status, 200)
      const unknown = { ...message, content: [{ type: "other" }] }
      assert.strictEqual((yield* post({ model: "gpt-4o", messages: [user, unknown, user] })).status, 422)
    }).pipe(Effect.provide(played(Profile.profiles.mistral))))

  it.effect("requires a call's own fields to come back", () =>
    Effect.gen(function*() {
      const tools = [{ type: "function", function: { name: "f" } }]
      const user = { role: "user", content: "call" }
      const { json } = yield* post({ model: "gpt-4o", tools, messages: [user] })
      const [{ message }] = json.choices
      const [call] = message.tool_calls
      assert.isString(call.extra_content.google.thought_signature)
      const output = { role: "tool", tool_call_id: call.id, content: "1" }
      const go = (tool_call: unknown) =>
        post({ model: "gpt-4o", tools, messages: [user, { ...message, tool_calls: [tool_call] }, output] })
      const { extra_content: _, ...bare } = call
      const refused = yield* go(bare)
      assert.strictEqual(refused.status, 400)
      assert.match(refused.json[0].error.message, /missing a thought_signature/)
      const response = yield* go(call)
      assert.strictEqual(response.json.choices[0].message.content, "Done.")
    }).pipe(Effect.provide(played(Profile.profiles.gemini))))

  // ---------------------------------------------------------------------------
  // addresses
  // ---------------------------------------------------------------------------

  for (const target of [inProcess, overHttp]) {
    it.effect(`Azure's addresses, ${target.name}`, () =>
      Effect.gen(function*() {
        const azure = (path: string, key: string | undefined = apiKey, body: unknown = chat({ model: "other" })) =>
          sendJson("POST", `/../openai${path}`, body, {
            "authorization": undefined,
            "api-key": key
          })
        const found = yield* azure("/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21")
        assert.deepStrictEqual([found.status, found.json.model], [200, "gpt-4o-mini"])
        const notFound = { error: { code: "404", message: "Resource not found" } }
        for (
          const path of [
            "/deployments/gpt-4o-mini/chat/completions",
            "/deployments/gpt-4o-mini/models?api-version=2024-10-21",
            "/chat/completions?api-version=2024-10-21"
          ]
        ) {
          const { json, status } = yield* azure(path)
          assert.deepStrictEqual([status, json], [404, notFound], path)
        }
        const unknown = yield* azure(
          "/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
          "sk-of-somebody-else"
        )
        assert.deepStrictEqual([unknown.status, unknown.json.error.code], [401, "401"])
        assert.strictEqual((yield* send("GET", "/models")).status, 200)
        const listed = yield* send("GET", "/../openai/models?api-version=2024-10-21", {
          headers: { "api-key": apiKey }
        })
        assert.isAbove(listed.json.data.length, 0)
      }).pipe(
        Effect.provide(target.layer({ profile: Profile.profiles.azure, apiKeys: [Redacted.make(apiKey)], model }))
      ))
  }

  it.effect("what a server does not serve is an unknown URL to it", () =>
    Effect.gen(function*() {
      const { headers, json, status } = yield* send("GET", "/assistants?limit=1")
      assert.deepStrictEqual([status, json], [200, { error: "Unexpected endpoint or method. (GET /v1/assistants)" }])
      assert.strictEqual(headers["x-powered-by"], "Express")
      assert.notProperty(headers, "x-request-id")
      const response = yield* post(chat())
      assert.notProperty(response.headers, "x-ratelimit-limit-requests")
      assert.deepStrictEqual(response.json.stats, {})
    }).pipe(Effect.provide(played(Profile.profiles.lmstudio))))

  it.effect("leaves the emulator's own addresses as they are", () =>
    Effect.gen(function*() {
      const { headers, json, status } = yield* send("DELETE", "/../_emulator/faults/none")
      assert.strictEqual(status, 404)
      assert.isString(json.error.message)
      assert.property(headers, "x-request-id")
    }).pipe(Effect.provide(played(Profile.profiles.lmstudio, { faults: { control: true } }))))

  // ---------------------------------------------------------------------------
  // command line
  // ---------------------------------------------------------------------------

  it.effect("--profile names one", () =>
    Effect.gen(function*() {
      const found = yield* Ref.make<ReadonlyArray<Profile.Profile | undefined>>([])
      const command = Command.make("emulator", options, (given: Given) =>
        Effect.flatMap(optionsOf(given), ({ profile }) =>
          Ref.update(found, (all) => [...all, profile])))
      const run = (...args: ReadonlyArray<string>) =>
        Command.run(command, { name: "emulator", version: "0" })(["node", "emulator", ...args])
      yield* run("--profile", "vllm")
      yield* run()
      assert.deepStrictEqual(yield* Ref.get(found), [Profile.profiles.vllm, undefined])
    }).pipe(Effect.provide(NodeContext.layer)))
})
