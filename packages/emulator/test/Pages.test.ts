import {
  Assistants,
  Audio,
  Batches,
  ChatCompletions,
  Files,
  FineTuning,
  Images,
  OpenAiClient,
  Runs,
  Threads,
  Uploads
} from "@effect-openai/client"
import { Contract, FileSource } from "@effect-openai/core"
import { Emulator } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { FetchHttpClient } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Stream } from "effect"
import { createServer } from "node:http"
import type { Browser } from "playwright-core"
import { shows, start, violations, why } from "./browser.js"
import { apiKey, BaseUrl } from "./utils.js"

const served = (options: Emulator.Options = {}) =>
  Layer.unwrapEffect(
    Effect.map(BaseUrl, (baseUrl) => OpenAiClient.layer({ apiKey: Redacted.make(apiKey), baseUrl }))
  ).pipe(
    Layer.provideMerge(Layer.merge(FetchHttpClient.layer, Layer.effect(BaseUrl, Emulator.baseUrl))),
    Layer.provideMerge(Emulator.layerHttp({ pages: true, ...options })),
    Layer.provide(NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port: 0 })),
    Layer.orDie
  )

const origin = Effect.map(BaseUrl, (url) => new URL(url).origin)

const get = (path: string, headers: Record<string, string> = {}) =>
  Effect.flatMap(origin, (origin) => Effect.promise(() => fetch(`${origin}${path}`, { headers })))

/** Sends an accepted key: the emulator shows its state only with one. */
const getWithKey = (path: string, headers: Record<string, string> = {}) =>
  get(path, { authorization: `Bearer ${apiKey}`, ...headers })

// -----------------------------------------------------------------------------
// what is served
// -----------------------------------------------------------------------------

describe("Pages", () => {
  it.effect("are served from their own folder, and nothing else is", () =>
    Effect.gen(function*() {
      for (const path of ["/", "/docs", "/pages/page.js", "/pages/page.css", "/pages/icon.svg", "/openapi.json"]) {
        const { headers, status } = yield* get(path)
        assert.strictEqual(status, 200, path)
        assert.include(headers.get("content-security-policy"), "default-src 'none'")
        assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
      }
      for (
        const path of [
          "/pages/",
          "/pages/index.html",
          "/pages/../package.json",
          "/pages/%2e%2e/package.json",
          "/pages/..%2fpackage.json",
          "/pages/constructor",
          "/package.json",
          "/docs/"
        ]
      ) {
        const { status } = yield* getWithKey(path)
        assert.strictEqual(status, 404, path)
      }
    }).pipe(Effect.provide(served())))

  it.effect("are there only where they are asked for", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* getWithKey("/")).status, 404)
      assert.strictEqual((yield* getWithKey("/_emulator/state")).status, 404)
    }).pipe(Effect.provide(served({ pages: false }))))

  it.effect("the OpenAPI document has an example of each body", () =>
    Effect.gen(function*() {
      const api = yield* Effect.flatMap(get("/openapi.json"), (response) => Effect.promise(() => response.json()))
      assert.deepNestedInclude(api, {
        "paths./assistants.post.requestBody.content.application/json.example": { model: "string" }
      })
    }).pipe(Effect.provide(served())))

  it.effect("show nothing without a key where keys are set", () =>
    Effect.gen(function*() {
      for (const path of ["state", "requests", "threads/thread_x"]) {
        assert.strictEqual((yield* get(`/_emulator/${path}`)).status, 401)
      }
      const { status } = yield* getWithKey("/_emulator/state")
      assert.strictEqual(status, 200)
    }).pipe(Effect.provide(served({ apiKeys: [Redacted.make(apiKey)] }))))

  it.live("keep no server from closing", () =>
    Effect.gen(function*() {
      const response = yield* getWithKey("/_emulator/requests", { accept: "text/event-stream" })
      assert.strictEqual(response.headers.get("content-type"), "text/event-stream")
      return response
    }).pipe(
      Effect.provide(served({ drain: "1 hour" })),
      Effect.flatMap((response) => Effect.promise(() => response.text())),
      Effect.map((text) => assert.strictEqual(text, ""))
    ))

  it.effect("are not requests of the API", () =>
    Effect.gen(function*() {
      yield* getWithKey("/")
      yield* getWithKey("/_emulator/state")
      yield* Assistants.list({})
      const response = yield* getWithKey("/_emulator/requests")
      const { data } = yield* Effect.promise(() => response.json())
      assert.deepStrictEqual(data.map(({ operation }: { operation: string }) => operation), ["listAssistants"])
    }).pipe(Effect.provide(served())))
})

// -----------------------------------------------------------------------------
// in a browser
// -----------------------------------------------------------------------------

/** One browser for all tests. Each has its own context. */
let browser: Browser

/** Far above what a busy machine needs. */
const browsing = { timeout: 120_000 }

/** A tab, and all that went wrong in it or left its origin. */
const open = (path: string) =>
  Effect.gen(function*() {
    const home = yield* origin
    const problems: Array<string> = []
    const page = yield* Effect.acquireRelease(
      Effect.promise(() => browser.newPage()),
      (page) => Effect.promise(() => page.context().close())
    )
    page.setDefaultTimeout(browsing.timeout)
    page.on("pageerror", (error) => problems.push(error.message))
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text())
    })
    page.on("request", (request) => {
      if (!/^(?:blob|data):/.test(request.url()) && new URL(request.url()).origin !== home) problems.push(request.url())
    })
    yield* Effect.promise(() => page.goto(`${home}${path}`))
    return { page, problems }
  })

describe.skipIf(why !== undefined)(`Pages in a browser${why === undefined ? "" : `, skipped: ${why}`}`, () => {
  beforeAll(async () => {
    browser = await start()
  }, 60_000)
  afterAll(() => browser.close())

  it.scopedLive("show what happens while it happens", () =>
    Effect.gen(function*() {
      const { page, problems } = yield* open("/")
      yield* shows(page, "#status", "Live")
      const { id: assistant_id } = yield* Assistants.create({
        model: "gpt-4-turbo",
        name: "Ada",
        tools: [{ type: "function", function: { name: "get_weather" } }]
      })
      yield* shows(page, "#objects", "Ada")
      const { id: thread_id } = yield* Threads.create({ messages: [{ role: "user", content: "Ask get_weather." }] })
      yield* shows(page, "#objects", "Ask get_weather.")
      yield* Effect.promise(() => page.locator(`[data-key="${thread_id}"]`).click())
      yield* shows(page, ".message.user", "Ask get_weather.")

      const run = yield* Runs.createAndPoll({ thread_id, assistant_id })
      yield* shows(page, ".run .badge", "requires action")
      yield* shows(page, ".timeline li", "get_weather was called with")
      yield* shows(page, ".timeline li", "Its output is waited for.")
      const action = run.required_action
      const calls = action?.type === "submit_tool_outputs" ? action.submit_tool_outputs.tool_calls : []
      yield* Runs.submitToolOutputsAndPoll({
        thread_id,
        run_id: run.id,
        tool_outputs: calls.map(({ id }) => ({ tool_call_id: String(id), output: "21 degrees" }))
      })
      yield* shows(page, ".timeline li", "21 degrees")
      yield* shows(page, ".timeline li", "Completed")
      yield* shows(page, ".message.assistant", "get_weather returned: 21 degrees")
      yield* shows(page, "#requests tr", "submitToolOuputsToRun")
      assert.deepStrictEqual(problems, [])
    }).pipe(Effect.provide(served())), browsing)

  it.scopedLive("show runs without advancing them", () =>
    Effect.gen(function*() {
      const { page } = yield* open("/")
      const { id: assistant_id } = yield* Assistants.create({ model: "gpt-4-turbo" })
      const { id: thread_id } = yield* Threads.create({ messages: [{ role: "user", content: "Hi" }] })
      const run = yield* Runs.create({ thread_id, assistant_id })
      yield* Effect.promise(() => page.goto(`${page.url()}#${thread_id}`))
      yield* shows(page, ".run .badge", "queued")
      yield* Assistants.list()
      yield* shows(page, "#requests tr", "listAssistants")
      const { status } = yield* Runs.retrieve({ thread_id, run_id: run.id })
      assert.strictEqual(status, "in_progress")
    }).pipe(Effect.provide(served({ clock: Emulator.clockAt("2024-04-15T12:00:00Z") }))), browsing)

  it.scopedLive("take nothing that was written for markup", () =>
    Effect.gen(function*() {
      const { page, problems } = yield* open("/")
      const evil = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
      yield* Assistants.create({ model: "gpt-4-turbo", name: evil, instructions: evil })
      const { id } = yield* Threads.create({ messages: [{ role: "user", content: evil }] })
      yield* shows(page, "#objects", "onerror")
      yield* Effect.promise(() => page.locator(`[data-key="${id}"]`).click())
      yield* shows(page, ".message.user", "<script>")
      assert.strictEqual(yield* Effect.promise(() => page.title()), "Emulator")
      assert.strictEqual(yield* Effect.promise(() => page.locator("main img, nav img").count()), 0)
      assert.deepStrictEqual(problems, [])
    }).pipe(Effect.provide(served())), browsing)

  it.scopedLive("show images, and play speech", () =>
    Effect.gen(function*() {
      const { page, problems } = yield* open("/")
      yield* shows(page, "#key", "API key")
      yield* Effect.promise(() => page.keyboard.type(apiKey))
      yield* Effect.promise(() => page.keyboard.press("Enter"))
      yield* Images.generate({ prompt: "A quiet harbour", size: "256x256" })
      yield* Audio.speech({ model: "tts-1", voice: "nova", input: "Seven stars shine." })
      yield* shows(page, "#objects", "Seven stars shine.")
      const image = page.locator("#detail img")
      yield* Effect.promise(() => page.locator("#objects a", { hasText: "A quiet harbour" }).click())
      yield* Effect.promise(() => image.waitFor())
      assert.strictEqual(yield* Effect.promise(() => image.getAttribute("alt")), "A quiet harbour")
      const width = yield* Effect.promise(() =>
        image.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))
      )
      assert.strictEqual(width, 256)
      yield* Effect.promise(() => page.locator("#objects a", { hasText: "Seven stars shine." }).click())
      const duration = yield* Effect.promise(() =>
        page.locator("#detail audio").evaluate((audio: HTMLAudioElement) =>
          audio.duration > 0
            ? audio.duration
            : new Promise<number>((resolve) => {
              audio.addEventListener("loadedmetadata", () => resolve(audio.duration))
              audio.addEventListener("error", () => resolve(0))
            })
        )
      )
      assert.isAbove(duration, 0.5)
      assert.deepStrictEqual(yield* violations(page), [])
      // The browser reports the response to the first request, which had no key.
      assert.deepStrictEqual(problems.filter((problem) => !problem.includes("401")), [])
    }).pipe(Effect.provide(served({ apiKeys: [Redacted.make(apiKey)] }))), browsing)

  it.scopedLive("show batches, fine-tuning jobs and uploads in progress", () =>
    Effect.gen(function*() {
      const { page, problems } = yield* open("/")
      yield* shows(page, "#status", "Live")
      const choose = (id: string) => Effect.promise(() => page.locator(`#objects [data-key="${id}"]`).click())
      const chat = (content: string, rest: object = {}) => ({
        model: "gpt-4o-mini",
        messages: [{ role: "user" as const, content }],
        ...rest
      })
      const run = (requests: Readonly<Record<string, ReturnType<typeof chat>>>) =>
        Effect.ignore(Stream.runDrain(Batches.run(ChatCompletions.create, requests)))
      yield* run({ a: chat("Seven stars shine."), b: chat("Hi", { response_format: { type: "json_object" } }) })
      yield* run({ a: chat("Hi", { model: "gpt-nonexistent" }) })
      const { data: [failed, completed] } = yield* Batches.list()
      yield* shows(page, "#objects", "2 of 2 requests, 1 failed")
      yield* choose(completed!.id)
      yield* shows(page, "#detail tr", "Seven stars shine.")
      yield* shows(page, "#detail tr .problem", "must contain the word 'json'")
      yield* choose(failed!.id)
      yield* shows(page, "#detail tr", "model_not_found")

      const lines = Array.from({ length: 10 }, () =>
        JSON.stringify({ messages: [{ role: "user", content: "Hi" }, { role: "assistant", content: "Hello" }] }))
      const file = FileSource.fromBytes("train.jsonl", lines.join("\n"))
      const { id: training_file } = yield* Files.upload({ file, purpose: "fine-tune" })
      const { id: job } = yield* FineTuning.create({ model: "gpt-4o-mini", training_file })
      yield* Stream.runDrain(FineTuning.events.follow({ fine_tuning_job_id: job }))
      yield* shows(page, "#objects .badge", "succeeded")
      yield* choose(job)
      yield* shows(page, ".events li", "The job has successfully completed")
      yield* shows(page, "figcaption", "training loss")

      const upload = yield* Uploads.create({
        filename: "large.jsonl",
        purpose: "batch",
        bytes: 4096,
        mime_type: "application/jsonl"
      })
      yield* Uploads.addPart({ upload_id: upload.id, data: FileSource.fromBytes("part", new Uint8Array(1024)) })
      yield* shows(page, "#objects", "1.0 KB of 4.0 KB")
      yield* choose(upload.id)
      yield* shows(page, "#detail", "1.0 KB of 4.0 KB in 1 part")
      assert.deepStrictEqual(yield* violations(page), [])
      yield* Effect.promise(() =>
        page.goto(`${page.url().replace(/#.*/, "")}#${job}`)
      )
      yield* shows(page, "figcaption", "training loss")
      assert.deepStrictEqual(yield* violations(page), [])
      assert.deepStrictEqual(problems, [])
    }).pipe(Effect.provide(served())), browsing)

  it.scopedLive("ask for the key where there is one, and can be used by keyboard", () =>
    Effect.gen(function*() {
      const { id } = yield* Threads.create({ messages: [{ role: "user", content: "Locked away" }] })
      const { page } = yield* open("/")
      yield* shows(page, "#key", "API key")
      assert.notInclude(yield* Effect.promise(() => page.content()), "Locked away")
      yield* Effect.promise(() => page.keyboard.type("sk-wrong"))
      yield* Effect.promise(() => page.keyboard.press("Enter"))
      yield* shows(page, "#refused", "Incorrect API key")
      yield* Effect.promise(() => page.keyboard.press("Control+A"))
      yield* Effect.promise(() => page.keyboard.type(apiKey))
      yield* Effect.promise(() => page.keyboard.press("Enter"))
      yield* shows(page, "#objects", "Locked away")
      yield* Effect.promise(() => page.locator(`[data-key="${id}"]`).focus())
      yield* Effect.promise(() => page.keyboard.press("Enter"))
      yield* shows(page, ".message.user", "Locked away")
      assert.strictEqual(yield* Effect.promise(() => page.evaluate(() => document.activeElement?.id)), "detail")
    }).pipe(Effect.provide(served({ apiKeys: [Redacted.make(apiKey)] }))), browsing)

  it.scopedLive("document every operation, and find it", () =>
    Effect.gen(function*() {
      const { page, problems } = yield* open("/docs#createRun")
      const names = Object.values(Contract.endpoints).map(({ name }) => name)
      yield* shows(page, "#status", `${names.length} of ${names.length} operations`)
      const sections = yield* Effect.promise(() =>
        page.locator("section.operation").evaluateAll((all) => all.map(({ id }) => id))
      )
      assert.sameMembers(sections, names)
      yield* shows(page, "#createRun pre", "OpenAI-Beta: assistants=v1")
      yield* Effect.promise(() => page.getByLabel("Filter").fill("submit outputs"))
      yield* shows(page, "#status", `1 of ${names.length} operations`)
      assert.isTrue(yield* Effect.promise(() => page.locator("#submitToolOuputsToRun").isVisible()))
      assert.isFalse(yield* Effect.promise(() => page.locator("#createRun").isVisible()))
      assert.deepStrictEqual(problems, [])
    }).pipe(Effect.provide(served())), browsing)

  // The color schemes differ in colors only.
  it.scopedLive.each([["light", []], ["dark", ["color-contrast"]]] as const)(
    "are accessible, %s",
    ([colorScheme, rules]) =>
      Effect.gen(function*() {
        const { id: assistant_id } = yield* Assistants.create({ model: "gpt-4-turbo", name: "Ada" })
        const { id: run_id, thread_id = "" } = yield* Runs.createThreadAndRun({
          assistant_id,
          thread: { messages: [{ role: "user", content: "Hi" }] }
        })
        yield* Runs.poll({ thread_id, run_id })
        const { page } = yield* open(`/#${thread_id}`)
        yield* Effect.promise(() => page.emulateMedia({ colorScheme }))
        yield* shows(page, ".timeline li", "Completed")
        assert.deepStrictEqual(yield* violations(page, rules), [])
        yield* Effect.promise(async () => page.goto(`${new URL(page.url()).origin}/docs`))
        yield* shows(page, "#status", "operations")
        if (colorScheme === "dark") yield* Effect.promise(() => page.getByLabel("Filter").fill("thread"))
        assert.deepStrictEqual(yield* violations(page, rules), [])
      }).pipe(Effect.provide(served())),
    browsing
  )

  it.scopedLive("pages of other origins use the API, and not the control", () =>
    Effect.gen(function*() {
      const other = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const server = createServer((_, response) => response.end("<!doctype html><title>Other</title>"))
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const home = yield* origin
      const { page } = yield* open("/")
      const address = other.address()
      yield* Effect.promise(() => page.goto(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`))
      const ask = (path: string) =>
        Effect.promise(() =>
          page.evaluate(
            async ([url, key]) => {
              try {
                const response = await fetch(url!, {
                  headers: { authorization: `Bearer ${key}`, "openai-beta": "assistants=v1" }
                })
                return String(response.status)
              } catch {
                return "refused"
              }
            },
            [`${home}${path}`, apiKey]
          )
        )
      assert.strictEqual(yield* ask("/v1/assistants"), "200")
      assert.strictEqual(yield* ask("/_emulator/state"), "refused")
    }).pipe(Effect.provide(served())), browsing)
})
