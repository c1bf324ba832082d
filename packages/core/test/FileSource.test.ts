import { FileSource } from "@effect-openai/core"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs"
import * as Os from "node:os"
import { join } from "node:path"

const read = (file: FileSource.FileSource) =>
  Effect.map(Stream.runCollect(file.stream), (chunks) => Buffer.concat(Chunk.toReadonlyArray(chunks)).toString())

/** The functions of `FileSystem` that a source uses, on the real disk. */
const Disk = Layer.merge(
  Path.layer,
  FileSystem.layerNoop({
    stat: (path) => Effect.sync(() => ({ size: FileSystem.Size(Fs.statSync(path).size) }) as FileSystem.File.Info),
    stream: (path) =>
      Stream.suspend(() => Stream.orDie(Stream.fromAsyncIterable(Fs.createReadStream(path), (cause) => cause)))
  })
)

const temporaryDirectory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(join(Os.tmpdir(), "file-source-"))),
  (directory) => Effect.sync(() => Fs.rmSync(directory, { recursive: true }))
)

describe("FileSource", () => {
  it.effect("fromBytes emits bytes and text each time it runs", () =>
    Effect.gen(function*() {
      const bytes = new TextEncoder().encode("naïve")
      for (const content of [bytes, "naïve"]) {
        const file = FileSource.fromBytes("a.txt", content, { type: "text/plain" })
        assert.deepInclude(file, { name: "a.txt", type: "text/plain", size: 6, replayable: true })
        assert.strictEqual(yield* read(file), "naïve")
        assert.strictEqual(yield* read(file), "naïve")
      }
    }))

  it.effect("fromBytes accepts an empty file", () =>
    Effect.gen(function*() {
      const file = FileSource.fromBytes("empty", "")
      assert.deepInclude(file, { type: "application/octet-stream", size: 0 })
      assert.strictEqual(yield* read(file), "")
    }))

  it.scoped("fromPath reads the size immediately, and the bytes each time it runs", () =>
    Effect.gen(function*() {
      const path = join(yield* temporaryDirectory, "training.jsonl")
      Fs.writeFileSync(path, "{}\n".repeat(100_000))
      const file = yield* FileSource.fromPath(path)
      assert.deepInclude(file, {
        name: "training.jsonl",
        type: "application/octet-stream",
        size: 300_000,
        replayable: true
      })
      assert.strictEqual((yield* read(file)).length, 300_000)
      assert.strictEqual((yield* read(file)).length, 300_000)
      const named = yield* FileSource.fromPath(path, { name: "other.jsonl", type: "application/jsonl" })
      assert.deepInclude(named, { name: "other.jsonl", type: "application/jsonl" })
    }).pipe(Effect.provide(Disk)))

  it.effect("fromPath fails with a PlatformError if the file does not exist", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(FileSource.fromPath("missing.txt"))
      assert.deepInclude(error, { _tag: "SystemError", reason: "NotFound", pathOrDescriptor: "missing.txt" })
    }).pipe(Effect.provide(Layer.merge(Path.layer, FileSystem.layerNoop({})))))

  it.effect("fromStream is not replayable by default", () =>
    Effect.gen(function*() {
      const stream = Stream.make(new Uint8Array([104]), new Uint8Array([105]))
      const once = FileSource.fromStream("a", stream)
      assert.deepInclude(once, { type: "application/octet-stream", size: undefined, replayable: false })
      assert.strictEqual(yield* read(once), "hi")
      const often = FileSource.fromStream("a", stream, { type: "text/plain", size: 2, replayable: true })
      assert.deepInclude(often, { type: "text/plain", size: 2, replayable: true })
    }))

  it.effect("fromStream keeps the Stream's failure", () =>
    Effect.gen(function*() {
      const file = FileSource.fromStream("a", Stream.fail("unplugged" as const))
      assert.strictEqual(yield* Effect.flip(read(file)), "unplugged")
    }))

  it("the Schema accepts only values of this module's constructors", () => {
    const isFileSource = Schema.is(FileSource.FileSource)
    const file = FileSource.fromBytes("a", "b")
    assert.isTrue(isFileSource(file))
    assert.isTrue(isFileSource({ ...file, name: "renamed" }))
    for (const u of [JSON.parse(JSON.stringify(file)), new Blob(["b"]), "b", new Uint8Array(1), null, undefined]) {
      assert.isFalse(isFileSource(u))
      assert.isFalse(FileSource.isFileSource(u))
    }
  })
})
