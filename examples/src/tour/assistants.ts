/**
 * Assistants and files: upload, create, attach, list, modify, and an error.
 */
import { AssistantFiles, Assistants, Files } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Path } from "@effect/platform"
import { Effect, Either, Stream } from "effect"
import { note, step } from "./print.js"

const count = 250

/** Uploads a file from disk, and deletes it when the scope closes. */
export const handbook = Effect.acquireRelease(
  Effect.gen(function*() {
    const path = yield* Path.Path
    const file = yield* FileSource.fromPath(
      yield* path.fromFileUrl(new URL("../../data/handbook.md", import.meta.url)),
      { type: "text/markdown" }
    )
    return yield* Files.upload({ file, purpose: "assistants" })
  }),
  (file) =>
    Files.delete({ file_id: file.id }).pipe(
      Effect.zipRight(note(`deleted ${file.id}`)),
      Effect.catchAll((error) => note(`${file.id} was not deleted: ${error.message}`))
    )
)

/** Creates assistants, 16 at a time, and deletes those that were created when the scope closes. */
const guides = Effect.gen(function*() {
  const ids: Array<string> = []
  yield* Effect.addFinalizer(() =>
    step("Delete what was created").pipe(
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

export const assistants = Effect.gen(function*() {
  yield* step("Upload a file from disk")
  const file = yield* handbook
  yield* note(`${file.filename}, ${file.bytes} bytes, is now ${file.id}`)
  const content = yield* Files.content({ file_id: file.id })
  yield* note(`its content is unchanged: it begins with "${new TextDecoder().decode(content).split("\n")[0]}"`)

  yield* step(`Create ${count} assistants, 16 at a time`)
  const created = yield* guides
  const first = created[0]!
  yield* note(`from ${first.id} to ${created[created.length - 1]!.id}`)

  yield* step("Attach the file to the first")
  yield* AssistantFiles.create({ assistant_id: first.id, file_id: file.id })
  const { data } = yield* AssistantFiles.list({ assistant_id: first.id })
  yield* note(`${first.name} has ${data.map(({ id }) => id).join(", ")}`)

  yield* step("List all assistants as a Stream, in pages of 100")
  const listed = yield* Assistants.list.pages({ limit: 100, order: "asc" }).pipe(
    Stream.tap((page) => note(`a page of ${page.data.length}, from ${page.first_id} to ${page.last_id}`)),
    Stream.runFold(0, (sum, page) => sum + page.data.length)
  )
  yield* note(`${listed} in total`)

  yield* step("Modify one")
  const modified = yield* Assistants.modify({ assistant_id: first.id, name: "Chief Guide", temperature: 0.2 })
  yield* note(`${modified.id} is now ${modified.name}; its model is still ${modified.model}`)

  yield* step("Ask for one that does not exist")
  yield* Assistants.retrieve({ assistant_id: "asst_missing" }).pipe(
    Effect.flatMap((assistant) => note(`it does exist: ${assistant.name}`)),
    Effect.catchTag("NotFoundError", (error) => note(`${error._tag}, status ${error.status}: ${error.message}`))
  )
}).pipe(Effect.scoped)
