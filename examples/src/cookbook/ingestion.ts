/**
 * Ingestion of files: reads the texts of a folder, cuts them into passages, and stores a vector for each.
 */
import { Embeddings } from "@effect-openai/client"
import { FileSystem, Path } from "@effect/platform"
import { Context, Data, Effect, Stream } from "effect"

export interface Passage {
  readonly file: string
  readonly text: string
  readonly vector: Float32Array
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

/** A response without one vector for each text. */
export class VectorsMissing
  extends Data.TaggedError("VectorsMissing")<{ readonly texts: number; readonly vectors: number }>
{}

/** Vectors in base64 have a third of the size. */
const embed = (passages: ReadonlyArray<Pick<Passage, "file" | "text">>) =>
  Effect.gen(function*() {
    const { data } = yield* Embeddings.create({
      model: "text-embedding-3-small",
      input: passages.map(({ text }) => text),
      encoding_format: "base64"
    })
    const vectors = yield* Effect.forEach(data, Embeddings.vector)
    if (vectors.length !== passages.length) {
      return yield* new VectorsMissing({ texts: passages.length, vectors: vectors.length })
    }
    const { add } = yield* Passages
    yield* add(passages.map((passage, index) => ({ ...passage, vector: vectors[index]! })))
    return passages.length
  })

/** One request has many texts, and four requests run at the same time. Returns the number of passages. */
export const ingest = (folder: string) =>
  Stream.fromIterableEffect(Effect.flatMap(FileSystem.FileSystem, (files) => files.readDirectory(folder))).pipe(
    Stream.filter((file) => file.endsWith(".md")),
    Stream.flatMap((file) => paragraphs(folder, file)),
    Stream.grouped(256),
    Stream.mapEffect((group) => embed(Array.from(group)), { concurrency: 4 }),
    Stream.runFold(0, (sum, count) => sum + count)
  )
