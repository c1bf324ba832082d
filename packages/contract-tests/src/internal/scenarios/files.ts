import { Files } from "@effect-openai/client"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Scenario from "../../Scenario.js"
import * as given from "./given.js"

/** JSONL with characters beyond ASCII, whose length in bytes differs from its length in characters. */
const lines = Array.from({ length: 10 }, (_, index) =>
  JSON.stringify({
    messages: [{ role: "user", content: `Wie geht's, ${index}?` }, {
      role: "assistant",
      content: "Gut \u{1F600} \u00fcbrigens."
    }]
  })).join("\n")

const lineFile = given.file(lines, { name: "training.jsonl", purpose: "fine-tune" })

export const files: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "files/upload",
    title: "an uploaded file has its name, size and purpose, and is retrieved unchanged",
    group: "happy",
    operations: ["createFile", "retrieveFile"],
    requires: ["stateful", "files"],
    run: Effect.gen(function*() {
      const uploaded = yield* lineFile
      yield* Scenario.includes("the file has what was given", uploaded, {
        object: "file",
        filename: "training.jsonl",
        purpose: "fine-tune",
        bytes: new TextEncoder().encode(lines).length
      })
      const { status: _, ...retrieved } = yield* Files.retrieve({ file_id: uploaded.id })
      const { status: _1, ...expected } = uploaded
      yield* Scenario.equal("the retrieved file equals the uploaded one, except its status", retrieved, expected)
    })
  }),
  Scenario.make({
    id: "files/content",
    title: "a downloaded file has the bytes of the uploaded file",
    group: "happy",
    operations: ["downloadFile"],
    requires: ["stateful", "files"],
    run: Effect.gen(function*() {
      const { id: file_id } = yield* lineFile
      const expected = [...new TextEncoder().encode(lines)]
      yield* Scenario.equal("the bytes are those that were sent", [...yield* Files.content({ file_id })], expected)
      const chunks = yield* Stream.runCollect(Files.content.stream({ file_id }))
      yield* Scenario.equal(
        "the streamed bytes are the same",
        Chunk.toReadonlyArray(chunks).flatMap((chunk) => [...chunk]),
        expected
      )
    })
  }),
  Scenario.make({
    id: "files/list",
    title: "the list of files holds uploaded files, and can be filtered by purpose",
    group: "happy",
    operations: ["listFiles"],
    requires: ["stateful", "files"],
    run: Effect.gen(function*() {
      const text = yield* given.file()
      const training = yield* lineFile
      const ids = (purpose?: string) =>
        Effect.map(
          Files.list({ limit: 100, ...(purpose === undefined ? {} : { purpose }) }),
          ({ data }) => data.map(({ id }) => id).filter((id) => id === text.id || id === training.id).sort()
        )
      yield* Scenario.equal("both files are in the list", yield* ids(), [text.id, training.id].sort())
      yield* Scenario.equal("by purpose only one is", yield* ids("assistants"), [text.id])
      yield* Scenario.equal("the other file is listed by its purpose", yield* ids("fine-tune"), [training.id])
    })
  }),
  Scenario.make({
    id: "files/delete",
    title: "a deleted file no longer exists",
    group: "happy",
    operations: ["deleteFile", "retrieveFile", "downloadFile", "listFiles"],
    requires: ["stateful", "files", "errors"],
    run: Effect.gen(function*() {
      const { id } = yield* lineFile
      const deleted = yield* Files.delete({ file_id: id })
      yield* Scenario.equal("the deletion is confirmed", deleted, { id, object: "file", deleted: true })
      yield* Scenario.refused("it can't be retrieved", "NotFoundError", Files.retrieve({ file_id: id }))
      yield* Scenario.refused(
        "the content of a deleted file can't be downloaded",
        "NotFoundError",
        Files.content({ file_id: id })
      )
      yield* Scenario.refused("a deleted file can't be deleted again", "NotFoundError", Files.delete({ file_id: id }))
      const { data } = yield* Files.list({ limit: 100 })
      yield* Scenario.that(
        "the deleted object is not listed",
        data.every((file) => file.id !== id),
        data.map(({ id }) => id)
      )
    })
  })
]
