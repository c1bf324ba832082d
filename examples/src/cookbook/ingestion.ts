/**
 * Ingestion of files: reads the texts of a folder, cuts them into passages, and stores a vector for each.
 */
import { Embeddings } from "@effect-openai/client"
import { FileSystem, Path } from "@effect/platform"
import { Context, Effect, Stream } from "effect"

export interface Passage {
  readonly file: string
  readonly text: string
  readonly vector: ReadonlyArray<number>
}

export class Passages extends Context.Tag("Passages")<Passages, {
  readonly add: (passages: ReadonlyArray<Passage>) => Effect.Effect<void>
}>() {}

/** The paragraphs of a file. Only one file is in memory at a time. */
const paragraphs = (folder: string, file: string) =>
  Stream.unwrap(Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const content = yield* fileSystem.readFileString(path.join(folder, file))
    return Stream.fromIterable(content.split(/\n\s*\n/)).pipe(
      Stream.map((text) => ({ file, text: text.trim() })),
      Stream.filter(({ text }) => text !== "")
    )
  }))

/** One request has many texts, and several requests run at the same time. The client's limits hold for all of them. */
export const ingest = (folder: string) =>
  Stream.unwrap(Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fileSystem) => fileSystem.readDirectory(folder)),
    (files) => Stream.fromIterable(files.filter((file) => file.endsWith(".md")).sort())
  )).pipe(
    Stream.flatMap((file) => paragraphs(folder, file)),
    Stream.grouped(256),
    Stream.mapEffect(
      (group) =>
        Effect.gen(function*() {
          const passages = Array.from(group)
          const { data } = yield* Embeddings.create({
            model: "text-embedding-3-small",
            input: passages.map(({ text }) => text)
          })
          const { add } = yield* Passages
          // A response has exactly one vector for each text, in their order: the client checks it.
          yield* add(passages.map((passage, index) => ({ ...passage, vector: data[index]!.embedding })))
          return passages.length
        }),
      { concurrency: 4 }
    ),
    Stream.runFold(0, (sum, count) => sum + count)
  )
