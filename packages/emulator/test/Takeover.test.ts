import { Assistants, Messages, Models, OpenAiClient, Projects, Runs } from "@effect-openai/client"
import { Emulator } from "@effect-openai/emulator"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { fileURLToPath } from "node:url"

// The file was written by the last version without projects: an assistant, a thread with a run, a deleted model.
const written = fileURLToPath(new URL("stored/before-projects.db", import.meta.url))

const as = (credentials: { readonly apiKey?: string; readonly adminKey?: string; readonly project?: string }) =>
  Effect.provide(
    Layer.orDie(OpenAiClient.layer(Object.fromEntries(
      Object.entries(credentials).map(([name, value]) => [name, Redacted.make(value)])
    )))
  )

it.live("A store from before there were projects belongs to the default project", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const filename = `${yield* fs.makeTempDirectoryScoped()}/data.db`
    yield* fs.copyFile(written, filename)
    const store = SqliteStore.layer({ filename })

    const [project, assistant_id] = yield* Effect.gen(function*() {
      const { data: [assistant] } = yield* as({ apiKey: "sk-any" })(Assistants.list())
      assert.strictEqual(assistant?.name, "Before")
      const thread_id = "thread_gTze1BuvPXKsl0lzm0PEJuwO"
      yield* as({ apiKey: "sk-any" })(Effect.gen(function*() {
        const { data: [run] } = yield* Runs.list({ thread_id })
        assert.strictEqual(run?.assistant_id, assistant!.id)
        assert.isAbove((yield* Messages.list({ thread_id })).data.length, 0)
        assert.isTrue((yield* Models.list()).data.every(({ id }) => !id.startsWith("ft:")))
        yield* Assistants.create({ model: "gpt-4o", name: "After" })
      }))
      const { id } = yield* as({ adminKey: "sk-admin" })(Projects.create({ name: "New" }))
      yield* as({ apiKey: "sk-any", project: id })(Effect.gen(function*() {
        assert.deepStrictEqual((yield* Assistants.list()).data, [])
        assert.isTrue((yield* Models.list()).data.some(({ id }) => id.startsWith("ft:")))
        assert.strictEqual((yield* Effect.flip(Runs.list({ thread_id })))._tag, "NotFoundError")
        yield* Assistants.create({ model: "gpt-4o", name: "Elsewhere" })
      }))
      return [id, assistant!.id] as const
    }).pipe(Effect.provide(Emulator.layer({ store })))

    // Both are still there for the next process.
    yield* Effect.gen(function*() {
      const names = Effect.map(Assistants.list(), ({ data }) => data.map(({ name }) => name))
      assert.deepStrictEqual(yield* as({ apiKey: "sk-any" })(names), ["After", "Before"])
      assert.deepStrictEqual(yield* as({ apiKey: "sk-any", project })(names), ["Elsewhere"])
      const other = as({ apiKey: "sk-any", project })
      assert.strictEqual((yield* Effect.flip(other(Assistants.retrieve({ assistant_id }))))._tag, "NotFoundError")
    }).pipe(Effect.provide(Emulator.layer({ store })))
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
