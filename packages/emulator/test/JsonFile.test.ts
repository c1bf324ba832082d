import { Faults, Script } from "@effect-openai/emulator"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as JsonFile from "../src/internal/jsonFile.js"

/** The message about a file with this text, without its path. */
const messageOf = (text: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = `${yield* fs.makeTempDirectoryScoped()}/file.json`
    yield* fs.writeFileString(path, text)
    const { message } = yield* Effect.flip(JsonFile.read(path, Faults.Rules, "{ \"rules\": [ … ] }"))
    assert.strictEqual(message.slice(0, path.length + 2), `${path}: `)
    return message.slice(path.length + 2)
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

describe("A file that a user names", () => {
  it.effect("is reported with the place and the reason", () =>
    Effect.gen(function*() {
      const syntax = (line: number, column: number, expected: string, found: string) =>
        `line ${line}, column ${column} is not valid JSON: ${expected} is expected, ${found} is there`
      for (
        const [text, message] of [
          ["", syntax(1, 1, "a value", "the end of the file")],
          ["{ \"rules\": ", syntax(1, 12, "a value", "the end of the file")],
          ["{\r\n  \"rules\": [ { \"operation\": } ] }", syntax(2, 29, "a value", "\"}\"")],
          ["{ 'rules': [] }", syntax(1, 3, "a name or }", "\"'\"")],
          ["{ \"rules\": [],\n}", syntax(2, 1, "a name", "\"}\"")],
          ["{ \"rules\": [] } x", syntax(1, 17, "the end", "\"x\"")],
          ["{ \"rules\" [] }", syntax(1, 11, ":", "\"[\"")],
          ["{ \"rules\": [1 2] }", syntax(1, 15, ", or ]", "\"2\"")],
          ["{ \"rules\": [01] }", syntax(1, 13, "a value or ]", "\"0\"")],
          ["{ \"rules\": [\"a\nb\"] }", syntax(1, 13, "a value or ]", "\"\\\"\"")],
          ["[]", "the file must be { \"rules\": [ … ] }"],
          ["{}", "the file must be { \"rules\": [ … ] }. rules is missing"],
          [
            "{ \"operation\": \"createRun\" }",
            "the file must be { \"rules\": [ … ] }. operation is unexpected, expected: \"seed\" | \"rules\""
          ],
          ["{ \"rules\": [ { \"fault\": { \"type\": \"status\" } } ] }", "rules[0].fault.status: is missing"]
        ] as const
      ) {
        assert.strictEqual(yield* messageOf(text), message)
      }
    }))

  it.effect("may begin with a byte order mark and have the line endings of Windows", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = `${yield* fs.makeTempDirectoryScoped()}/file.json`
      yield* fs.writeFileString(path, "\ufeff{\r\n\"rules\": [\r\n]\r\n}\r\n")
      assert.deepStrictEqual(yield* JsonFile.read(path, Faults.Rules, ""), { rules: [] })
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("is reported where it is not there, or is a folder", () =>
    Effect.gen(function*() {
      const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      for (
        const [path, reason] of [[`${folder}/none.json`, "there is no such file"], [
          folder,
          "it is not a file"
        ]] as const
      ) {
        const error = yield* Effect.flip(Script.layerFile(path).pipe((layer) => Effect.provide(Effect.void, layer)))
        assert.strictEqual(error.message, `${path}: ${reason}`)
      }
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
})
