/**
 * A tour of the library: what `npm start` runs. Without `OPENAI_BASE_URL` it starts the emulator and talks to it over
 * HTTP; with it, and `OPENAI_API_KEY`, the same program runs against that server, and leaves nothing behind on it.
 */
import { AssistantFiles, Assistants, Files, OpenAiClient } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Emulator } from "@effect-openai/emulator"
import { FetchHttpClient, Path } from "@effect/platform"
import { NodeContext, NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Either, Layer, Option, Redacted, Stream } from "effect"
import { createServer } from "node:http"

const count = 250

const step = (title: string) => Console.log(`\n${title}`)
const note = (text: string) => Console.log(`  ${text}`)

const EmulatorLive = Layer.provideMerge(
  Emulator.layerHttp(),
  NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
)

/** The server to talk to: the one that the environment names, or an emulator of our own on a free port. */
const OpenAiLive = Layer.unwrapScoped(Effect.gen(function*() {
  const baseUrl = yield* Config.option(Config.nonEmptyString("OPENAI_BASE_URL"))
  if (Option.isSome(baseUrl)) {
    yield* Console.log(`Using the server at ${baseUrl.value}`)
    return OpenAiClient.layerConfig()
  }
  const emulator = yield* Layer.build(EmulatorLive)
  const url = yield* Effect.provide(Emulator.baseUrl, emulator)
  yield* Console.log(`Started the emulator at ${url}`)
  yield* Console.log("Set OPENAI_BASE_URL and OPENAI_API_KEY to use another server.")
  return OpenAiClient.layer({ apiKey: Redacted.make("sk-emulator"), baseUrl: url })
})).pipe(Layer.provide(FetchHttpClient.layer))

/** Uploads a file from disk; it is deleted when the tour ends, however it ends. */
const handbook = Effect.acquireRelease(
  Effect.gen(function*() {
    const path = yield* Path.Path
    const file = yield* FileSource.fromPath(
      yield* path.fromFileUrl(new URL("../data/handbook.md", import.meta.url)),
      { type: "text/markdown" }
    )
    return yield* Files.upload({ file, purpose: "assistants" })
  }),
  (file) =>
    Files.delete({ file_id: file.id }).pipe(
      Effect.zipRight(note(`deleted ${file.id}`)),
      Effect.catchAll((error) => note(`${file.id} stays: ${error.message}`))
    )
)

/** Creates assistants, 16 at a time; what was created is deleted when the tour ends, however far it came. */
const assistants = Effect.gen(function*() {
  const ids: Array<string> = []
  yield* Effect.addFinalizer(() =>
    step("7. Delete what was created").pipe(
      Effect.zipRight(
        Effect.forEach(ids, (id) => Effect.either(Assistants.delete({ assistant_id: id })), { concurrency: 16 })
      ),
      Effect.flatMap((results) => note(`deleted ${results.filter(Either.isRight).length} of ${ids.length} assistants`))
    )
  )
  return yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => `Guide ${index + 1}`),
    (name) =>
      Assistants.create({ model: "gpt-4-turbo", name, tools: [{ type: "retrieval" }] }).pipe(
        Effect.tap(({ id }) => Effect.sync(() => ids.push(id)))
      ),
    { concurrency: 16 }
  )
})

const tour = Effect.gen(function*() {
  yield* step("1. Upload a file from disk")
  const file = yield* handbook
  yield* note(`${file.filename}, ${file.bytes} bytes, is now ${file.id}`)
  const content = yield* Files.content({ file_id: file.id })
  yield* note(`and comes back whole: it begins with "${new TextDecoder().decode(content).split("\n")[0]}"`)

  yield* step(`2. Create ${count} assistants, 16 at a time`)
  const created = yield* assistants
  const first = created[0]!
  yield* note(`from ${first.id} to ${created[created.length - 1]!.id}`)

  yield* step("3. Attach the file to the first")
  yield* AssistantFiles.create({ assistant_id: first.id, file_id: file.id })
  const { data } = yield* AssistantFiles.list({ assistant_id: first.id })
  yield* note(`${first.name} has ${data.map(({ id }) => id).join(", ")}`)

  yield* step("4. Walk all assistants as a Stream, in pages of 100")
  const walked = yield* Assistants.list.pages({ limit: 100, order: "asc" }).pipe(
    Stream.tap((page) => note(`a page of ${page.data.length}, from ${page.first_id} to ${page.last_id}`)),
    Stream.runFold(0, (sum, page) => sum + page.data.length)
  )
  yield* note(`${walked} in all`)

  yield* step("5. Modify one")
  const modified = yield* Assistants.modify({ assistant_id: first.id, name: "Chief Guide", temperature: 0.2 })
  yield* note(`${modified.id} is now ${modified.name}; its model is still ${modified.model}`)

  yield* step("6. Ask for one that does not exist")
  yield* Assistants.retrieve({ assistant_id: "asst_missing" }).pipe(
    Effect.flatMap((assistant) => note(`there is one, though: ${assistant.name}`)),
    Effect.catchTag("NotFoundError", (error) => note(`${error._tag}, status ${error.status}: ${error.message}`))
  )
})

tour.pipe(
  Effect.scoped,
  Effect.zipRight(Console.log("\nDone.")),
  Effect.provide([OpenAiLive, NodeContext.layer]),
  NodeRuntime.runMain
)
