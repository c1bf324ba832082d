import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Drift from "../../Drift.js"
import * as Fixture from "../../Fixture.js"
import { DoesNotHold, UsageError } from "./shared.js"

const document = (name: string, description: string) =>
  Options.file(name, { exists: "yes" }).pipe(
    Options.withPseudoName("file"),
    Options.withDescription(description),
    Options.optional
  )

/** The options of `drift`. */
export const options = {
  from: document("from", "The OpenAPI document of an earlier version, as JSON."),
  to: document("to", "Default: the contract of this version. The document to compare with."),
  recording: Options.directory("recording", { exists: "yes" }).pipe(
    Options.withPseudoName("directory"),
    Options.withDescription("Recorded fixtures to compare with the contract."),
    Options.optional
  ),
  json: Options.boolean("json").pipe(Options.withDescription("Prints JSON."))
} as const

type Given = Command.Command.ParseConfig<typeof options>

const read = (path: string) =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const text = yield* fileSystem.readFileString(path)
    return yield* Schema.decode(Schema.parseJson(Drift.Document))(text).pipe(
      Effect.mapError(() => new UsageError({ message: `${path} is not an OpenAPI 3 document in JSON` }))
    )
  })

const changesOf = ({ from, recording, to }: Given) =>
  Effect.gen(function*() {
    if (Option.isSome(recording)) {
      if (Option.isSome(from) || Option.isSome(to)) {
        return yield* new UsageError({ message: "--recording can't be used with --from or --to" })
      }
      const fixtures = yield* Fixture.readDirectory(recording.value)
      if (fixtures.length === 0) return yield* new UsageError({ message: `There is no fixture in ${recording.value}` })
      return Drift.inRecording(fixtures)
    }
    if (Option.isNone(from)) return yield* new UsageError({ message: "--from or --recording is required" })
    const before = yield* read(from.value)
    return Drift.compare(before, Option.isSome(to) ? yield* read(to.value) : Drift.current())
  })

/** Lists the differences. Fails if there are differences. */
export const drift = (given: Given) =>
  Effect.gen(function*() {
    const changes = yield* changesOf(given)
    yield* Console.log(given.json ? JSON.stringify(changes, null, 2) : Drift.text(changes))
    if (changes.length > 0) return yield* new DoesNotHold()
  })
